;; A loop without calls keeps fuel in a local; one with a call stops there too.
(module
  (import "env" "wait" (func $wait))
  (func (param $n i32)
    (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (param $n i32)
    (loop $again (call $wait) (br_if $again (local.get $n)))))
