;; Spawn, one message back, exit; one after the other, beside Alive idle processes.
;; Arguments: Rounds N Alive. Prints "ns T" per round. Peer: erlang/spawn.erl.

(data (i32.const 256) "childidle")

(func (export "child") (param $parent i64) (call $send_number (local.get $parent) (i64.const 1)))

(func (export "idle") (param i64) (drop (call $receive_number)))

(func (export "_start")
  (local $rounds i32) (local $n i32) (local $alive i32) (local $i i32) (local $start i64) (local $self i64)
  (local.set $rounds (call $argument (i32.const 2)))
  (local.set $n (call $argument (i32.const 1)))
  (local.set $alive (call $argument (i32.const 0)))
  (local.set $self (call $process_id))
  (block $all_alive
    (loop $next
      (br_if $all_alive (i32.eqz (local.get $alive)))
      (drop (call $spawn (i32.const 261) (i32.const 4) (i64.const 0)))
      (local.set $alive (i32.sub (local.get $alive) (i32.const 1)))
      (br $next)))
  (loop $round
    (call $wait_line)
    (local.set $start (call $now))
    (local.set $i (local.get $n))
    (loop $next
      (drop (call $spawn (i32.const 256) (i32.const 5) (local.get $self)))
      (drop (call $receive_number))
      (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (call $report_ns (i64.sub (call $now) (local.get $start)))
    (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
