;; A token goes three times around a ring of N processes. Arguments: Rounds N. Prints "spawn T" and "ns T" per round; each
;; makes its processes anew. Peer: erlang/ring.erl.

(data (i32.const 256) "member")

(func (export "member") (param $next i64)
  (local $laps i32)
  (local.set $laps (i32.const 3))
  (loop $lap
    (call $send_number (local.get $next) (call $receive_number))
    (br_if $lap (local.tee $laps (i32.sub (local.get $laps) (i32.const 1))))))

(func (export "_start")
  (local $rounds i32) (local $i i32) (local $laps i64) (local $start i64) (local $next i64)
  (local.set $rounds (call $argument (i32.const 1)))
  (loop $round
    (call $wait_line)
    (local.set $start (call $now))
    (local.set $i (call $argument (i32.const 0)))
    (local.set $next (call $process_id))
    (loop $more
      (local.set $next (call $spawn (i32.const 256) (i32.const 6) (local.get $next)))
      (br_if $more (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (call $report (i64.const 0x6e77617073) (i64.sub (call $now) (local.get $start)))
    (local.set $start (call $now))
    (local.set $laps (i64.const 3))
    (loop $lap
      (call $send_number (local.get $next) (local.get $laps))
      (if (i64.ne (call $receive_number) (local.get $laps)) (then unreachable))
      (br_if $lap (i64.ne (local.tee $laps (i64.sub (local.get $laps) (i64.const 1))) (i64.const 0))))
    (call $report_ns (i64.sub (call $now) (local.get $start)))
    (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
