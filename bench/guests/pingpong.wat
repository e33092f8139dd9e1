;; Two processes exchange a number. Arguments: Rounds N. Prints "ns T" per round. Peer: erlang/pingpong.erl.

(data (i32.const 256) "echo")

(func (export "echo") (param i64)
  (loop $forever
    (call $receive (i32.const 192) (i32.const 16))
    (call $send_number (i64.load (i32.const 192)) (i64.load (i32.const 200)))
    (br $forever)))

(func (export "_start")
  (local $rounds i32) (local $n i32) (local $i i32) (local $start i64) (local $self i64) (local $echo i64)
  (local.set $rounds (call $argument (i32.const 1)))
  (local.set $n (call $argument (i32.const 0)))
  (local.set $self (call $process_id))
  (local.set $echo (call $spawn (i32.const 256) (i32.const 4) (i64.const 0)))
  (loop $round
    (call $wait_line)
    (local.set $start (call $now))
    (local.set $i (local.get $n))
    (loop $next
      (call $send_pair (local.get $echo) (local.get $self) (i64.extend_i32_u (local.get $i)))
      (if (i64.ne (call $receive_number) (i64.extend_i32_u (local.get $i))) (then unreachable))
      (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (call $report_ns (i64.sub (call $now) (local.get $start)))
    (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
