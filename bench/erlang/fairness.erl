%% One small process answers messages beside 100 endless loops. Arguments: Rounds.
%% Prints "ns T" for each round, 1 ms apart: nanoseconds from message to answer.
-module(fairness).
-export([main/1]).

-define(LOOPS, 100).

main([Arg]) ->
    Rounds = list_to_integer(Arg),
    Echo = spawn(fun echo/0),
    [spawn(fun() -> endless(0) end) || _ <- lists:seq(1, ?LOOPS)],
    Times = [measure(Echo, I) || I <- lists:seq(1, Rounds)],
    [io:format("ns ~b~n", [T]) || T <- Times],
    halt(0).

measure(Echo, I) ->
    timer:sleep(1),
    Start = erlang:monotonic_time(nanosecond),
    Echo ! {self(), I},
    receive I -> erlang:monotonic_time(nanosecond) - Start end.

echo() ->
    receive {From, I} -> From ! I, echo() end.

endless(I) -> endless(I + 1).
