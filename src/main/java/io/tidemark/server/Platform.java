package io.tidemark.server;

import io.tidemark.disk.Disk;
import io.tidemark.guard.Guards;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import java.util.concurrent.Executor;
import java.util.function.Function;

/// The machine as the engine sees it: the real one, or one that a simulation owns.
///
/// @param loops       gives a loop of its own to the named piece of work; never blocks, called on any thread
/// @param io          short blocking work: appends and syncs
/// @param queries     evaluation of queries
/// @param maintenance seals, checkpoints, compactions
/// @param objects     calls of the object store; apart from `queries` and `maintenance`, which wait for them
/// @param templates   templates of rules, which wait for queries; apart from `queries`, so that they never wait for themselves
/// @param guards      where those of all outside systems are entered
/// @param released    is told when shards let go of much memory; any thread, returns at once
/// @param backends    opens state and catalog; the embedded catalog's library does its own file work, past `disk`
record Platform(Clock clock, Entropy entropy, Disk disk, Function<String, Loop> loops, Executor io, Executor queries,
    Executor maintenance, Executor objects, Executor templates, Runnable released, Backends backends, Guards guards) {}
