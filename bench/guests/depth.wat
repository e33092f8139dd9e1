;; The price of a stop and a resume under a stack of Depth frames: ping-pong with a process at the bottom of a recursion.
;; Arguments: Rounds N Depth. Prints "ns T" per round, for N round trips.

(data (i32.const 256) "echo")

(func (export "echo") (param i64)
  (loop $forever
    (call $receive (i32.const 192) (i32.const 16))
    (call $send_number (i64.load (i32.const 192)) (i64.load (i32.const 200)))
    (br $forever)))

(func $measure (param $echo i64) (param $n i32)
  (local $start i64) (local $self i64)
  (local.set $self (call $process_id))
  (local.set $start (call $now))
  (loop $next
    (call $send_pair (local.get $echo) (local.get $self) (i64.extend_i32_u (local.get $n)))
    (if (i64.ne (call $receive_number) (i64.extend_i32_u (local.get $n))) (then unreachable))
    (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (call $report_ns (i64.sub (call $now) (local.get $start))))

;; Small frames, or the native stack would be too short for the deepest: what stays the same is in globals.
(global $rounds (mut i32) (i32.const 0))
(global $n (mut i32) (i32.const 0))
(global $echo (mut i64) (i64.const 0))

;; The sum is needed after the call: this is no tail call.
(func $descend (param $depth i32) (result i32)
  (if (result i32) (i32.gt_u (local.get $depth) (i32.const 1))
    (then (i32.add (local.get $depth) (call $descend (i32.sub (local.get $depth) (i32.const 1)))))
    (else
      (loop $round
        (call $wait_line)
        (call $measure (global.get $echo) (global.get $n))
        (global.set $rounds (i32.sub (global.get $rounds) (i32.const 1)))
        (br_if $round (global.get $rounds)))
      (i32.const 1))))

(func (export "_start")
  (local $depth i32)
  (local.set $depth (call $argument (i32.const 0)))
  (global.set $n (call $argument (i32.const 1)))
  (global.set $rounds (call $argument (i32.const 2)))
  (global.set $echo (call $spawn (i32.const 256) (i32.const 4) (i64.const 0)))
  (if (i32.ne
        (call $descend (local.get $depth))
        (i32.shr_u (i32.mul (local.get $depth) (i32.add (local.get $depth) (i32.const 1))) (i32.const 1)))
    (then unreachable)))
