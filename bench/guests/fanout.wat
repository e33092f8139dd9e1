;; One process sends 1 KiB messages to Receivers processes, 10 to each, then waits for their acknowledgements.
;; Arguments: Rounds Batches Receivers. Prints "ns T" per round, for 10 * Batches * Receivers messages.
;; Peer: erlang/fanout.erl.
;;
;; The payload stands at 8192 (received: at 12288), the receivers' ids from 16384 on.

(data (i32.const 256) "receiver")

(func (export "receiver") (param $parent i64)
  (local $i i32)
  (loop $forever
    (local.set $i (i32.const 10))
    (loop $next
      (call $receive (i32.const 12288) (i32.const 1024))
      (if (i32.ne (i32.const 14) (i32.add (i32.load8_u (i32.const 12288)) (i32.load8_u (i32.const 13311))))
        (then unreachable))
      (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (call $send_number (local.get $parent) (i64.const 1))
    (br $forever)))

(func (export "_start")
  (local $rounds i32) (local $batches i32) (local $receivers i32) (local $batch i32) (local $i i32) (local $k i32)
  (local $start i64) (local $self i64)
  (local.set $rounds (call $argument (i32.const 2)))
  (local.set $batches (call $argument (i32.const 1)))
  (local.set $receivers (call $argument (i32.const 0)))
  (local.set $self (call $process_id))
  (memory.fill (i32.const 8192) (i32.const 7) (i32.const 1024))
  (loop $next
    (i64.store offset=16384
      (i32.shl (local.get $i) (i32.const 3))
      (call $spawn (i32.const 256) (i32.const 8) (local.get $self)))
    (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $receivers))))
  (loop $round
    (call $wait_line)
    (local.set $start (call $now))
    (local.set $batch (local.get $batches))
    (loop $more
      (local.set $k (i32.const 10))
      (loop $again
        (local.set $i (i32.const 0))
        (loop $next
          (call $send (i64.load offset=16384 (i32.shl (local.get $i) (i32.const 3))) (i32.const 8192) (i32.const 1024))
          (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $receivers))))
        (br_if $again (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
      (local.set $i (local.get $receivers))
      (loop $next
        (drop (call $receive_number))
        (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (br_if $more (local.tee $batch (i32.sub (local.get $batch) (i32.const 1)))))
    (call $report_ns (i64.sub (call $now) (local.get $start)))
    (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
