%% Spawn, one message back, exit; one after the other, beside Alive idle processes.
%% Arguments: Rounds N Alive. Prints "ns T" per round: nanoseconds for N processes.
-module(spawn).
-export([main/1]).

main(Args) ->
    [Rounds, N, Alive] = [list_to_integer(A) || A <- Args],
    [spawn(fun idle/0) || _ <- lists:seq(1, Alive)],
    [measure(N) || _ <- lists:seq(1, Rounds)],
    halt(0).

measure(N) ->
    io:get_line(""),
    Start = erlang:monotonic_time(nanosecond),
    loop(N, self()),
    io:format("ns ~b~n", [erlang:monotonic_time(nanosecond) - Start]).

loop(0, _) -> ok;
loop(N, Parent) ->
    spawn(fun() -> Parent ! done end),
    receive done -> ok end,
    loop(N - 1, Parent).

idle() -> receive stop -> ok end.
