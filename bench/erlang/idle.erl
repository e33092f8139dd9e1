%% N processes that have answered one message and wait for another. Arguments: N. Prints "before"; on a line of
%% input makes and ends 10,000 others, one after the other; then makes the N and prints "ns T"; on the next line asks
%% each once more, prints "answers A" and ends. The reader of these lines measures resident size.
-module(idle).
-export([main/1]).

-define(WARM_UP, 10_000).

main([Arg]) ->
    N = list_to_integer(Arg),
    io:format("before~n"),
    io:get_line(""),
    warm_up(?WARM_UP, self()),
    Start = erlang:monotonic_time(nanosecond),
    Pids = build(N, self(), []),
    io:format("ns ~b~n", [erlang:monotonic_time(nanosecond) - Start]),
    io:get_line(""),
    io:format("answers ~b~n", [ask(Pids, 0)]),
    halt(0).

warm_up(0, _) -> ok;
warm_up(N, Parent) ->
    Pid = spawn(fun() -> receive N -> Parent ! N end end),
    Pid ! N,
    receive N -> warm_up(N - 1, Parent) end.

build(0, _, Pids) -> Pids;
build(N, Parent, Pids) ->
    Pid = spawn(fun() -> answer(Parent) end),
    Pid ! N,
    receive N -> build(N - 1, Parent, [Pid | Pids]) end.

answer(Parent) ->
    receive N -> Parent ! N, answer(Parent) end.

ask([], Answers) -> Answers;
ask([Pid | Pids], Answers) ->
    Pid ! Answers,
    receive Answers -> ask(Pids, Answers + 1) end.
