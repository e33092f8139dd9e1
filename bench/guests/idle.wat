;; N processes that have answered one message and wait for another. Arguments: N. Prints "before 0"; on a line of input
;; makes and ends 10,000 others, one after the other, so that code is warm; then makes the N and prints "ns T"; on the next
;; line asks each once more, prints "answers A" and ends. The reader of these lines measures resident size.
;; Peer: erlang/idle.erl.
;;
;; The ids, 8 bytes each, stand from 16384 on.

(data (i32.const 256) "answeronce")

(func (export "answer") (param $parent i64)
  (loop $forever
    (call $send_number (local.get $parent) (call $receive_number))
    (br $forever)))

(func (export "once") (param $parent i64)
  (call $send_number (local.get $parent) (call $receive_number)))

;; Sends n to a process and checks that it answers with it.
(func $ask (param $to i64) (param $n i64)
  (call $send_number (local.get $to) (local.get $n))
  (if (i64.ne (call $receive_number) (local.get $n)) (then unreachable)))

(func (export "_start")
  (local $n i32) (local $i i32) (local $start i64) (local $self i64) (local $pid i64)
  (local.set $n (call $argument (i32.const 0)))
  (local.set $self (call $process_id))
  (if (i32.eq (i32.const -1) (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $n) (i32.const 13))))) (then unreachable))
  (call $report (i64.const 0x65726f666562) (i64.const 0))
  (call $wait_line)
  (local.set $i (i32.const 10000))
  (loop $more
    (call $ask (call $spawn (i32.const 262) (i32.const 4) (local.get $self)) (i64.extend_i32_u (local.get $i)))
    (br_if $more (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
  (local.set $start (call $now))
  (loop $more
    (local.set $pid (call $spawn (i32.const 256) (i32.const 6) (local.get $self)))
    (i64.store offset=16384 (i32.shl (local.get $i) (i32.const 3)) (local.get $pid))
    (call $ask (local.get $pid) (i64.extend_i32_u (local.get $i)))
    (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
  (call $report_ns (i64.sub (call $now) (local.get $start)))
  (call $wait_line)
  (local.set $i (i32.const 0))
  (loop $more
    (call $ask (i64.load offset=16384 (i32.shl (local.get $i) (i32.const 3))) (i64.extend_i32_u (local.get $i)))
    (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
  (call $report (i64.const 0x73726577736e61) (i64.extend_i32_u (local.get $i))))
