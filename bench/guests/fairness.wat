;; One small process answers messages beside 100 that never end, all of one kind. Arguments: Rounds Kind.
;; Prints "ns T" for each round: from message to answer. Rounds are 1 ms apart, so that the others really run.
;; Peer (kind 0): erlang/fairness.erl.
;;
;; The times of the rounds, 8 bytes each, stand from 16384 on; the ids of the 100 from 12288 on.

(data (i32.const 256) "echoloopsinkshot")

(global $sink (mut i32) (i32.const 0))
;; The kinds, in the order of their numbers.
(table funcref
  (elem $plain $fill $cold $host $traps $deep $chain $flood $spawner $grower $poller $wakes $large $yields $timers $pace))
(type $endless (func))

(func (export "echo") (param i64)
  (loop $forever
    (call $receive (i32.const 192) (i32.const 16))
    (call $send_number (i64.load (i32.const 192)) (i64.load (i32.const 200)))
    (br $forever)))

(func (export "loop") (param $kind i64)
  (loop $forever
    (call_indirect (type $endless) (i32.wrap_i64 (local.get $kind)))
    (br $forever)))

(func $plain (loop $forever (br $forever)))

;; So many pages, or half of them, or half of those..., as the limits allow.
(func $grow_to (param $pages i32)
  (loop $less
    (if (i32.le_u (local.get $pages) (memory.size)) (then (return)))
    (if (i32.ne (memory.grow (i32.sub (local.get $pages) (memory.size))) (i32.const -1)) (then (return)))
    (local.set $pages (i32.shr_u (local.get $pages) (i32.const 1)))
    (br $less)))
(func $memory_bytes (result i32) (i32.shl (memory.size) (i32.const 16)))

;; 16 MiB are filled again and again, never with zeros.
(func $fill
  (local $value i32)
  (call $grow_to (i32.const 256))
  (loop $forever
    (local.set $value (i32.add (local.get $value) (i32.const 1)))
    (memory.fill (i32.const 0) (i32.or (local.get $value) (i32.const 1)) (call $memory_bytes))
    (br $forever)))

;; Loads all over 64 MiB, of which every fourth page of 4 KiB has been written.
(func $cold
  (local $state i32) (local $mask i32) (local $sum i32) (local $at i32)
  (call $grow_to (i32.const 1024))
  (local.set $mask (i32.sub (call $memory_bytes) (i32.const 4)))
  (loop $touch
    (i32.store8 offset=4095 (local.get $at) (i32.const 1))
    (local.set $at (i32.add (local.get $at) (i32.const 0x4000)))
    (br_if $touch (i32.lt_u (local.get $at) (local.get $mask))))
  (local.set $state (i32.const 1))
  (loop $forever
    (local.set $state (i32.add (i32.mul (local.get $state) (i32.const 1664525)) (i32.const 1013904223)))
    (local.set $sum (i32.add (local.get $sum) (i32.load (i32.and (local.get $state) (local.get $mask)))))
    (global.set $sink (local.get $sum))
    (br $forever)))

(func $host
  (loop $forever
    (drop (call $process_id))
    (drop (call $version_major))
    (call $create_data (i64.const 7) (i64.const 0))
    (drop (call $write_data (i32.const 0) (i32.const 8)))
    (drop (call $get_tag))
    (br $forever)))

(func (export "_lunatic_catch_trap") (param i32 i32) (result i32) unreachable)
(func $traps
  (loop $forever
    (if (call $catch (i32.const 0) (i32.const 0)) (then unreachable))
    (br $forever)))

(func $descend (param $depth i32) (result i32)
  (if (result i32) (local.get $depth)
    (then (i32.add (i32.const 1) (call $descend (i32.sub (local.get $depth) (i32.const 1)))))
    (else (i32.const 0))))
(func $deep
  (loop $forever
    (global.set $sink (call $descend (i32.const 5000)))
    (br $forever)))

;; 1,000 messages to a third process that never looks at them, then another one.
(func $flood
  (local $third i64) (local $i i32)
  (loop $forever
    (local.set $third (call $spawn (i32.const 264) (i32.const 4) (i64.const 0)))
    (local.set $i (i32.const 1000))
    (loop $more
      (call $send_number (local.get $third) (i64.const 1))
      (br_if $more (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (call $kill (local.get $third))
    (br $forever)))
(func (export "sink") (param i64) (call $sleep_ms (i64.const 1000000)))

(func $spawner
  (loop $forever
    (drop (call $spawn (i32.const 268) (i32.const 4) (i64.const 0)))
    (br $forever)))
(func (export "shot") (param i64))

;; To 64 MiB, or its limit, page by page; then a successor goes on.
(func $grower
  (loop $forever
    (if (i32.ge_u (memory.grow (i32.const 1)) (i32.const 1024))
      (then
        (drop (call $spawn (i32.const 260) (i32.const 4) (i64.const 9)))
        (call $exit (i32.const 0))))
    (br $forever)))

;; Nothing ever comes: looks, and does not wait.
(func $poller
  (loop $forever
    (if (i32.ne (call $receive_raw (i32.const 0) (i32.const 0) (i64.const 0)) (i32.const 9027)) (then unreachable))
    (br $forever)))

;; All 100 pass on what they receive to the next: each is woken all the time.
(func $wakes
  (local $next i64)
  (local.set $next (call $receive_number))
  (loop $forever
    (call $send_number (local.get $next) (call $receive_number))
    (br $forever)))

;; Messages of 1 MiB, written and dropped.
(func $large
  (call $grow_to (i32.const 17))
  (loop $forever
    (call $create_data (i64.const 0) (i64.const 0))
    (drop (call $write_data (i32.const 0) (i32.const 0x100000)))
    (br $forever)))

(func $yields
  (loop $forever
    (if (call $sched_yield) (then unreachable))
    (br $forever)))

;; 100 delayed messages, then all are cancelled.
(func $timers
  (local $i i32)
  (loop $forever
    (local.set $i (i32.const 100))
    (loop $more
      (call $create_data (i64.const 0) (i64.const 0))
      (i64.store
        (i32.add (i32.const 2048) (i32.shl (local.get $i) (i32.const 3)))
        (call $send_after (call $process_id) (i64.const 1000000)))
      (br_if $more (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (local.set $i (i32.const 100))
    (loop $more
      (drop (call $cancel_timer (i64.load (i32.add (i32.const 2048) (i32.shl (local.get $i) (i32.const 3))))))
      (br_if $more (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (br $forever)))

(func $chain (call $chain1))
(func $chain1 (call $chain2) (call $chain2))
(func $chain2 (call $chain3) (call $chain3))
(func $chain3 (call $chain4) (call $chain4))
(func $chain4 (call $chain5) (call $chain5))
(func $chain5 (call $chain6) (call $chain6))
(func $chain6 (call $chain7) (call $chain7))
(func $chain7 (call $chain8) (call $chain8))
(func $chain8 (call $chain9) (call $chain9))
(func $chain9 (call $chain10) (call $chain10))
(func $chain10 (call $chain11) (call $chain11))
(func $chain11 (call $chain12) (call $chain12))
(func $chain12 (call $chain13) (call $chain13))
(func $chain13 (call $chain14) (call $chain14))
(func $chain14 (call $chain15) (call $chain15))
(func $chain15 (call $chain16) (call $chain16))
(func $chain16 (call $chain17) (call $chain17))
(func $chain17 (call $chain18) (call $chain18))
(func $chain18 (call $chain19) (call $chain19))
(func $chain19 (call $chain20) (call $chain20))
(func $chain20 (call $chain21) (call $chain21))
(func $chain21 (call $chain22) (call $chain22))
(func $chain22 (call $chain23) (call $chain23))
(func $chain23 (call $chain24) (call $chain24))
(func $chain24 (call $chain25) (call $chain25))
(func $chain25 (call $chain26) (call $chain26))
(func $chain26 (call $chain27) (call $chain27))
(func $chain27 (call $chain28) (call $chain28))
(func $chain28 (call $chain29) (call $chain29))
(func $chain29 (call $chain30) (call $chain30))
(func $chain30 (call $chain31) (call $chain31))
(func $chain31 (call $chain32) (call $chain32))
(func $chain32 (call $chain33) (call $chain33))
(func $chain33 (call $chain34) (call $chain34))
(func $chain34 (call $chain35) (call $chain35))
(func $chain35 (call $chain36) (call $chain36))
(func $chain36 (call $chain37) (call $chain37))
(func $chain37 (call $chain38) (call $chain38))
(func $chain38 (call $chain39) (call $chain39))
(func $chain39 (call $chain40) (call $chain40))
(func $chain40 (call $chain41) (call $chain41))
(func $chain41 (call $chain42) (call $chain42))
(func $chain42 (call $chain43) (call $chain43))
(func $chain43 (call $chain44) (call $chain44))
(func $chain44 (call $chain45) (call $chain45))
(func $chain45 (call $chain46) (call $chain46))
(func $chain46 (call $chain47) (call $chain47))
(func $chain47 (call $chain48) (call $chain48))
(func $chain48 (call $chain49) (call $chain49))
(func $chain49 (call $chain50) (call $chain50))
(func $chain50 (call $chain51) (call $chain51))
(func $chain51 (call $chain52) (call $chain52))
(func $chain52 (call $chain53) (call $chain53))
(func $chain53 (call $chain54) (call $chain54))
(func $chain54 (call $chain55) (call $chain55))
(func $chain55 (call $chain56) (call $chain56))
(func $chain56 (call $chain57) (call $chain57))
(func $chain57 (call $chain58) (call $chain58))
(func $chain58 (call $chain59) (call $chain59))
(func $chain59 (call $chain60) (call $chain60))
(func $chain60 (global.set $sink (i32.add (global.get $sink) (i32.const 1))))

;; Fast for some ten slices, so that whoever measures believes it, then as slow as can be for a slice's worth of fast steps.
(func $pace
  (local $state i32) (local $mask i32) (local $i i32) (local $sum i32) (local $at i32)
  (call $grow_to (i32.const 1024))
  (local.set $mask (i32.sub (call $memory_bytes) (i32.const 4)))
  (loop $touch
    (i32.store8 offset=4095 (local.get $at) (i32.const 1))
    (local.set $at (i32.add (local.get $at) (i32.const 0x4000)))
    (br_if $touch (i32.lt_u (local.get $at) (local.get $mask))))
  (local.set $state (i32.const 1))
  (loop $forever
    (local.set $i (i32.const 3000000))
    (loop $fast (br_if $fast (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (local.set $i (i32.const 30000))
    (loop $slow
      (local.set $state (i32.add (i32.mul (local.get $state) (i32.const 1664525)) (i32.const 1013904223)))
      (local.set $sum (i32.add (local.get $sum) (i32.load (i32.and (local.get $state) (local.get $mask)))))
      (br_if $slow (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (global.set $sink (local.get $sum))
    (br $forever)))

;; The number that stands for the process `i` of the 100 (counted from 1).
(func $slot (param $i i32) (result i32) (i32.add (i32.const 12280) (i32.shl (local.get $i) (i32.const 3))))

;; All learn whom they send to; then each gets a number to pass on.
(func $start_wakes
  (local $i i32)
  (local.set $i (i32.const 100))
  (loop $next
    (call $send_number
      (i64.load (call $slot (local.get $i)))
      (i64.load (call $slot (i32.add (i32.rem_u (local.get $i) (i32.const 100)) (i32.const 1)))))
    (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
  (local.set $i (i32.const 100))
  (loop $next
    (call $send_number (i64.load (call $slot (local.get $i))) (i64.const 1))
    (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))

(func (export "_start")
  (local $rounds i32) (local $kind i64) (local $i i32) (local $start i64) (local $self i64) (local $echo i64)
  (local.set $rounds (call $argument (i32.const 1)))
  (local.set $kind (i64.extend_i32_u (call $argument (i32.const 0))))
  (local.set $self (call $process_id))
  (local.set $echo (call $spawn (i32.const 256) (i32.const 4) (i64.const 0)))
  (local.set $i (i32.const 100))
  (loop $next
    (i64.store (call $slot (local.get $i)) (call $spawn (i32.const 260) (i32.const 4) (local.get $kind)))
    (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
  (if (i64.eq (local.get $kind) (i64.const 11)) (then (call $start_wakes)))
  (loop $next
    (call $sleep_ms (i64.const 1))
    (local.set $start (call $now))
    (call $send_pair (local.get $echo) (local.get $self) (i64.extend_i32_u (local.get $i)))
    (if (i64.ne (call $receive_number) (i64.extend_i32_u (local.get $i))) (then unreachable))
    (i64.store offset=16384
      (i32.shl (local.get $i) (i32.const 3))
      (i64.sub (call $now) (local.get $start)))
    (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $rounds))))
  (local.set $i (i32.const 0))
  (loop $next
    (call $report_ns (i64.load offset=16384 (i32.shl (local.get $i) (i32.const 3))))
    (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $rounds)))))
