;; Independent work on any number of threads: Children processes compute, or spawn others one after the other, and answer when they are done.
;; Arguments: Rounds Children Work Kind. Kind 0: Work million steps of a linear congruential generator each; 1: Work times spawn + message + exit.
;; Prints "ns T" per round, each after a line of input.

(data (i32.const 256) "computespawnsleafwarm")

(func (export "compute") (param $parent i64)
  (local $n i64) (local $x i64)
  (local.set $n (i64.mul (call $receive_number) (i64.const 1000000)))
  (loop $step
    (local.set $x (i64.add (i64.mul (local.get $x) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
    (br_if $step (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
  (call $send_number (local.get $parent) (local.get $x)))

(func (export "leaf") (param $parent i64) (call $send_number (local.get $parent) (i64.const 1)))

(func (export "spawns") (param $parent i64)
  (local $n i64) (local $self i64)
  (local.set $n (call $receive_number))
  (local.set $self (call $process_id))
  (loop $step
    (drop (call $spawn (i32.const 269) (i32.const 4) (local.get $self)))
    (drop (call $receive_number))
    (br_if $step (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
  (call $send_number (local.get $parent) (local.get $n)))

(func (export "_start")
  (local $rounds i32) (local $children i32) (local $work i64) (local $kind i32) (local $i i32) (local $start i64) (local $self i64)
  (local.set $rounds (call $argument (i32.const 3)))
  (local.set $children (call $argument (i32.const 2)))
  (local.set $work (i64.extend_i32_u (call $argument (i32.const 1))))
  (local.set $kind (call $argument (i32.const 0)))
  (local.set $self (call $process_id))
  (loop $round
    (call $wait_line)
    (local.set $start (call $now))
    (local.set $i (local.get $children))
    (loop $next
      (call $send_number
        (if (result i64) (local.get $kind)
          (then (call $spawn (i32.const 263) (i32.const 6) (local.get $self)))
          (else (call $spawn (i32.const 256) (i32.const 7) (local.get $self))))
        (local.get $work))
      (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (local.set $i (local.get $children))
    (loop $next
      (drop (call $receive_number))
      (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (call $report_ns (i64.sub (call $now) (local.get $start)))
    (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
