package io.tidemark.cli.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/// What a demo has to end: on Ctrl+C, on SIGTERM and when it fails, once, in the reverse order of its starts. Safe on any thread.
final class Ending implements AutoCloseable {
  private final Deque<AutoCloseable> steps = new ArrayDeque<>();
  private final Consumer<String> print;
  private volatile boolean failed;
  private boolean closed;

  /// @param print told what could not be ended
  Ending(Consumer<String> print) {
    this.print = print;
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      close();
      // A process that ends by a signal would report 128 + its number; this one has ended in order.
      if (!failed) {
        Runtime.getRuntime().halt(0);
      }
    }, "demo-end"));
  }

  /// Adds what was just started. What is added after the end is ended at once.
  synchronized <T extends AutoCloseable> T add(T started) {
    steps.push(started);
    if (closed) {
      endAll();
    }
    return started;
  }

  /// The demo did not end because somebody asked it to.
  void fail() {
    failed = true;
    close();
  }

  @Override
  public synchronized void close() {
    closed = true;
    endAll();
  }

  private void endAll() {
    while (!steps.isEmpty()) {
      try {
        steps.pop().close();
      } catch (Exception e) {
        print.accept("could not be ended in order: " + e.getMessage());
      }
    }
  }
}
