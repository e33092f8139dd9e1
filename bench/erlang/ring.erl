%% A token goes three times around a ring of N processes. Arguments: Rounds N. Prints "spawn T" and
%% "ns T" per round: nanoseconds to build the ring, and for the 3 N hops. Each round makes its processes anew.
-module(ring).
-export([main/1]).

-define(LAPS, 3).

main(Args) ->
    [Rounds, N] = [list_to_integer(A) || A <- Args],
    [measure(N) || _ <- lists:seq(1, Rounds)],
    halt(0).

measure(N) ->
    io:get_line(""),
    Start = erlang:monotonic_time(nanosecond),
    First = build(N, self()),
    Built = erlang:monotonic_time(nanosecond),
    io:format("spawn ~b~n", [Built - Start]),
    laps(First, ?LAPS),
    io:format("ns ~b~n", [erlang:monotonic_time(nanosecond) - Built]).

build(0, Next) -> Next;
build(N, Next) -> build(N - 1, spawn(fun() -> member(Next, ?LAPS) end)).

laps(_, 0) -> ok;
laps(First, Laps) ->
    First ! Laps,
    receive Laps -> laps(First, Laps - 1) end.

member(_, 0) -> ok;
member(Next, Laps) ->
    receive Token -> Next ! Token, member(Next, Laps - 1) end.
