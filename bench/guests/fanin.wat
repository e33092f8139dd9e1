;; Senders processes send 1 KiB messages to one receiver, Batch at a time on its demand.
;; Arguments: Rounds Batches Senders Batch. Prints "ns T" per round, for Batch * Batches * Senders messages.
;; Peer: erlang/fanin.erl.
;;
;; The payload stands at 8192 (received: at 12288), the senders' ids from 16384 on.

(data (i32.const 256) "sender")

(func (export "sender") (param $parent i64)
  (local $i i32)
  (memory.fill (i32.const 8192) (i32.const 7) (i32.const 1024))
  (loop $forever
    (local.set $i (i32.wrap_i64 (call $receive_number)))
    (loop $next
      (call $send (local.get $parent) (i32.const 8192) (i32.const 1024))
      (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (br $forever)))

(func $take
  (call $receive (i32.const 12288) (i32.const 1024))
  (if (i32.ne (i32.const 14) (i32.add (i32.load8_u (i32.const 12288)) (i32.load8_u (i32.const 13311))))
    (then unreachable)))

(func (export "_start")
  (local $rounds i32) (local $batches i32) (local $senders i32) (local $batch i32) (local $size i32) (local $i i32)
  (local $start i64) (local $self i64)
  (local.set $rounds (call $argument (i32.const 3)))
  (local.set $batches (call $argument (i32.const 2)))
  (local.set $senders (call $argument (i32.const 1)))
  (local.set $size (call $argument (i32.const 0)))
  (local.set $self (call $process_id))
  (if (i32.eq (i32.const -1) (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $senders) (i32.const 13))))) (then unreachable))
  (loop $next
    (i64.store offset=16384
      (i32.shl (local.get $i) (i32.const 3))
      (call $spawn (i32.const 256) (i32.const 6) (local.get $self)))
    (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $senders))))
  (loop $round
    (call $wait_line)
    (local.set $start (call $now))
    (local.set $batch (local.get $batches))
    (loop $more
      (local.set $i (i32.const 0))
      (loop $next
        (call $send_number (i64.load offset=16384 (i32.shl (local.get $i) (i32.const 3))) (i64.extend_i32_u (local.get $size)))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $senders))))
      (local.set $i (i32.mul (local.get $size) (local.get $senders)))
      (loop $next
        (call $take)
        (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (br_if $more (local.tee $batch (i32.sub (local.get $batch) (i32.const 1)))))
    (call $report_ns (i64.sub (call $now) (local.get $start)))
    (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
