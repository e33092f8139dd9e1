;; N / 2 pairs of processes, all at once: in each, one sends the other a number and waits for it to come back, 4 times.
;; Arguments: Rounds Pairs. Prints "ns T" per round, for 4 * Pairs round trips. Peer: erlang/pairs.erl.
;;
;; The ids of each pair, 16 bytes, stand from 16384 on.

(data (i32.const 256) "echoplayer")

(func (export "echo") (param i64)
  (loop $forever
    (call $receive (i32.const 192) (i32.const 16))
    (call $send_number (i64.load (i32.const 192)) (i64.load (i32.const 200)))
    (br $forever)))

(func (export "player") (param $parent i64)
  (local $self i64) (local $echo i64) (local $laps i64)
  (local.set $self (call $process_id))
  (loop $forever
    (call $receive (i32.const 192) (i32.const 16))
    (local.set $echo (i64.load (i32.const 192)))
    (local.set $laps (i64.load (i32.const 200)))
    (loop $next
      (call $send_pair (local.get $echo) (local.get $self) (local.get $laps))
      (if (i64.ne (call $receive_number) (local.get $laps)) (then unreachable))
      (br_if $next (i64.ne (i64.const 0) (local.tee $laps (i64.sub (local.get $laps) (i64.const 1))))))
    (call $send_number (local.get $parent) (i64.const 1))
    (br $forever)))

(func $pair (param $i i32) (result i32) (i32.add (i32.const 16384) (i32.shl (local.get $i) (i32.const 4))))

(func (export "_start")
  (local $rounds i32) (local $pairs i32) (local $i i32) (local $start i64) (local $self i64)
  (local.set $rounds (call $argument (i32.const 1)))
  (local.set $pairs (call $argument (i32.const 0)))
  (local.set $self (call $process_id))
  (if (i32.eq (i32.const -1) (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $pairs) (i32.const 12))))) (then unreachable))
  (loop $next
    (i64.store (call $pair (local.get $i)) (call $spawn (i32.const 256) (i32.const 4) (i64.const 0)))
    (i64.store offset=8 (call $pair (local.get $i)) (call $spawn (i32.const 260) (i32.const 6) (local.get $self)))
    (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $pairs))))
  (loop $round
    (call $wait_line)
    (local.set $start (call $now))
    (local.set $i (i32.const 0))
    (loop $next
      (call $send_pair
        (i64.load offset=8 (call $pair (local.get $i)))
        (i64.load (call $pair (local.get $i)))
        (i64.const 4))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $pairs))))
    (loop $next
      (drop (call $receive_number))
      (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (call $report_ns (i64.sub (call $now) (local.get $start)))
    (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
