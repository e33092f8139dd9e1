;; One small process answers messages beside 100 endless loops of one kind. Arguments: Rounds Kind, where Kind is
;; 0 plain loop, 1 memory.fill over the whole memory, 2 random cold loads, 3 cheap host calls, 4 caught traps,
;; 5 deep recursion, 6 an acyclic chain of 60 functions that each call the next twice.
;; Prints "ns T" for each round: from message to answer. Peer (kind 0): erlang/fairness.erl.
;;
;; The times of the rounds, 8 bytes each, stand from 16384 on.

(data (i32.const 256) "echoloop")

(global $sink (mut i32) (i32.const 0))
(table funcref
  (elem $plain $fill $cold $host $traps $deep $chain))
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

;; 16 MiB, or as much as the limits allow.
(func $grow_memory (drop (memory.grow (i32.sub (i32.const 256) (memory.size)))))
(func $memory_bytes (result i32) (i32.shl (memory.size) (i32.const 16)))

(func $fill
  (call $grow_memory)
  (loop $forever
    (memory.fill (i32.const 0) (i32.const 0) (call $memory_bytes))
    (br $forever)))

(func $cold
  (local $state i32) (local $mask i32) (local $sum i32)
  (call $grow_memory)
  (local.set $mask (i32.sub (call $memory_bytes) (i32.const 4)))
  (local.set $state (i32.const 1))
  (loop $forever
    (local.set $state (i32.add (i32.mul (local.get $state) (i32.const 1664525)) (i32.const 1013904223)))
    (local.set $sum (i32.add (local.get $sum) (i32.load (i32.and (local.get $state) (local.get $mask)))))
    (global.set $sink (local.get $sum))
    (br $forever)))

(func $host
  (loop $forever
    (drop (call $process_id))
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

(func (export "_start")
  (local $rounds i32) (local $kind i64) (local $i i32) (local $start i64) (local $self i64) (local $echo i64)
  (local.set $rounds (call $argument (i32.const 1)))
  (local.set $kind (i64.extend_i32_u (call $argument (i32.const 0))))
  (local.set $self (call $process_id))
  (local.set $echo (call $spawn (i32.const 256) (i32.const 4) (i64.const 0)))
  (local.set $i (i32.const 100))
  (loop $next
    (drop (call $spawn (i32.const 260) (i32.const 4) (local.get $kind)))
    (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
  (loop $next
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
