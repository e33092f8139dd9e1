%% One process sends 1 KiB messages to Receivers processes, 10 to each, then waits for their acknowledgements.
%% Arguments: Rounds Batches Receivers. Prints "ns T" per round: nanoseconds for 10 * Batches * Receivers messages.
-module(fanout).
-export([main/1]).

-define(BATCH, 10).

main(Args) ->
    [Rounds, Batches, Receivers] = [list_to_integer(A) || A <- Args],
    Parent = self(),
    Pids = [spawn(fun() -> receiver(Parent, ?BATCH) end) || _ <- lists:seq(1, Receivers)],
    [measure(Pids, Batches, Receivers) || _ <- lists:seq(1, Rounds)],
    halt(0).

measure(Pids, Batches, Receivers) ->
    io:get_line(""),
    Start = erlang:monotonic_time(nanosecond),
    batches(Pids, binary:copy(<<7>>, 1024), Batches, Receivers),
    io:format("ns ~b~n", [erlang:monotonic_time(nanosecond) - Start]).

batches(_, _, 0, _) -> ok;
batches(Pids, Payload, Batches, Receivers) ->
    [Pid ! binary:copy(Payload) || _ <- lists:seq(1, ?BATCH), Pid <- Pids],
    acknowledged(Receivers),
    batches(Pids, Payload, Batches - 1, Receivers).

acknowledged(0) -> ok;
acknowledged(N) -> receive ack -> acknowledged(N - 1) end.

receiver(Parent, 0) ->
    Parent ! ack,
    receiver(Parent, ?BATCH);
receiver(Parent, N) ->
    receive <<7, _:1022/binary, 7>> -> receiver(Parent, N - 1) end.
