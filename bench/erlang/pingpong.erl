%% Two processes exchange an 8-byte number. Arguments: Rounds N.
%% Prints "ns T" per round: nanoseconds for N round trips.
-module(pingpong).
-export([main/1]).

main(Args) ->
    [Rounds, N] = [list_to_integer(A) || A <- Args],
    Echo = spawn(fun echo/0),
    [measure(Echo, N) || _ <- lists:seq(1, Rounds)],
    halt(0).

measure(Echo, N) ->
    io:get_line(""),
    Start = erlang:monotonic_time(nanosecond),
    loop(Echo, N),
    io:format("ns ~b~n", [erlang:monotonic_time(nanosecond) - Start]).

loop(_, 0) -> ok;
loop(Echo, N) ->
    Echo ! {self(), N},
    receive N -> loop(Echo, N - 1) end.

echo() ->
    receive {From, N} -> From ! N, echo() end.
