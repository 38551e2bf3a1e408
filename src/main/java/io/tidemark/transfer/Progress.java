package io.tidemark.transfer;

import io.tidemark.time.Clock;
import java.io.PrintStream;
import java.util.Locale;

/// Tells a person how far a transfer has come: a bar that moves on a terminal, else a line every ten seconds. Any thread.
public final class Progress {
  private static final long BAR_NANOS = 200_000_000;
  private static final long LINE_NANOS = 10_000_000_000L;
  private static final int BAR_CHARS = 30;

  private final PrintStream out;
  private final boolean isTerminal;
  private final Clock clock;
  private long startNanos;
  private long shownNanos;
  private long total;
  private long before;
  private long done;
  private int widest;

  public Progress(PrintStream out, boolean isTerminal, Clock clock) {
    this.out = out;
    this.isTerminal = isTerminal;
    this.clock = clock;
    startNanos = clock.nanos();
    shownNanos = startNanos;
  }

  /// @param samples in all, 0 when that is not known
  /// @param already done by an earlier run
  synchronized void begin(long samples, long already) {
    total = samples;
    before = already;
    done = already;
    startNanos = clock.nanos();
    shownNanos = startNanos;
  }

  synchronized void advance(long samples) {
    done += samples;
    long now = clock.nanos();
    if (now - shownNanos >= (isTerminal ? BAR_NANOS : LINE_NANOS)) {
      shownNanos = now;
      show();
    }
  }

  /// Says something between two states of the bar.
  public synchronized void say(String line) {
    if (isTerminal && widest > 0) {
      out.print("\r" + " ".repeat(widest) + "\r");
    }
    out.println(line);
  }

  /// The last state, and the end of its line.
  synchronized void end() {
    show();
    if (isTerminal) {
      out.println();
      widest = 0;
    }
  }

  private void show() {
    String line = line();
    if (isTerminal) {
      widest = Math.max(widest, line.length());
      out.print("\r" + line + " ".repeat(widest - line.length()));
      out.flush();
    } else {
      out.println(line);
    }
  }

  private String line() {
    double seconds = Math.max(1e-9, (clock.nanos() - startNanos) / 1e9);
    double rate = (done - before) / seconds;
    var line = new StringBuilder();
    if (total > 0) {
      double part = Math.min(1, done / (double) total);
      int filled = (int) (part * BAR_CHARS);
      if (isTerminal) {
        line.append('[').append("#".repeat(filled)).append(".".repeat(BAR_CHARS - filled)).append("] ");
      }
      line.append(String.format(Locale.ROOT, "%5.1f %%  %,d of %,d samples", 100 * part, done, total));
    } else {
      line.append(String.format(Locale.ROOT, "%,d samples", done));
    }
    line.append(String.format(Locale.ROOT, "  %,.0f/s", rate));
    if (total > done && rate > 0) {
      long left = (long) Math.ceil((total - done) / rate);
      line.append(String.format(Locale.ROOT, "  %d:%02d:%02d left", left / 3600, left / 60 % 60, left % 60));
    } else {
      line.append(String.format(Locale.ROOT, "  %.1f s", seconds));
    }
    return line.toString();
  }
}
