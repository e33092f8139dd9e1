%% Senders processes send 1 KiB messages to one receiver, Batch at a time on its demand. Arguments: Rounds
%% Batches Senders Batch. Prints "ns T" per round: nanoseconds for Batch * Batches * Senders messages.
-module(fanin).
-export([main/1]).

main(Args) ->
    [Rounds, Batches, Senders, Batch] = [list_to_integer(A) || A <- Args],
    Parent = self(),
    Pids = [spawn(fun() -> sender(Parent, payload()) end) || _ <- lists:seq(1, Senders)],
    [measure(Pids, Batches, Senders, Batch) || _ <- lists:seq(1, Rounds)],
    halt(0).

%% Every message is a binary of its own, so that both sides of the comparison copy the bytes once.
payload() -> binary:copy(<<7>>, 1024).

measure(Pids, Batches, Senders, Batch) ->
    io:get_line(""),
    Start = erlang:monotonic_time(nanosecond),
    batches(Pids, Batches, Senders, Batch),
    io:format("ns ~b~n", [erlang:monotonic_time(nanosecond) - Start]).

batches(_, 0, _, _) -> ok;
batches(Pids, Batches, Senders, Batch) ->
    [Pid ! Batch || Pid <- Pids],
    take(Batch * Senders),
    batches(Pids, Batches - 1, Senders, Batch).

take(0) -> ok;
take(N) ->
    receive <<7, _:1022/binary, 7>> -> take(N - 1) end.

sender(Parent, Payload) ->
    receive Batch -> send(Parent, Payload, Batch), sender(Parent, Payload) end.

send(_, _, 0) -> ok;
send(Parent, Payload, N) ->
    Parent ! binary:copy(Payload),
    send(Parent, Payload, N - 1).
