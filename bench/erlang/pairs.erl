%% N / 2 pairs of processes, all at once: in each, one sends the other a number and waits for it to come back, 4 times.
%% Arguments: Rounds Pairs. Prints "ns T" per round: nanoseconds for 4 * Pairs round trips.
-module(pairs).
-export([main/1]).

-define(LAPS, 4).

main(Args) ->
    [Rounds, N] = [list_to_integer(A) || A <- Args],
    Parent = self(),
    Pairs = [{spawn(fun echo/0), spawn(fun() -> player(Parent) end)} || _ <- lists:seq(1, N)],
    [measure(Pairs) || _ <- lists:seq(1, Rounds)],
    halt(0).

measure(Pairs) ->
    io:get_line(""),
    Start = erlang:monotonic_time(nanosecond),
    [Player ! {Echo, ?LAPS} || {Echo, Player} <- Pairs],
    [receive done -> ok end || _ <- Pairs],
    io:format("ns ~b~n", [erlang:monotonic_time(nanosecond) - Start]).

player(Parent) ->
    receive {Echo, Laps} -> play(Echo, Laps), Parent ! done, player(Parent) end.

play(_, 0) -> ok;
play(Echo, N) ->
    Echo ! {self(), N},
    receive N -> play(Echo, N - 1) end.

echo() ->
    receive {From, N} -> From ! N, echo() end.
