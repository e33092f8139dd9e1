;; A callee that ended with an exception throws it again at the call, inside the same handlers.
(module
  (import "env" "wait" (func $wait))
  (tag $t (param i32))
  (func (result i32)
    (block $caught (result i32)
      (try_table (catch $t $caught) (call $wait))
      (i32.const 0))))
