;; A call that may stop, with an operand below it and a local that is needed afterwards.
(module
  (import "env" "ask" (func $ask (param i32) (result i32)))
  (func (param $a i32) (param $b i64) (result i32)
    (i32.add (local.get $a) (i32.mul (call $ask (i32.const 3)) (i32.wrap_i64 (local.get $b))))))
