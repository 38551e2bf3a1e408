package io.tidemark.storage.head;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Decides after which log record an open window ends.
///
/// Replicas follow one log at different times and speeds, are killed, come back from checkpoints, join late. Their blocks must be equal
/// byte for byte nevertheless, so that an upload that another replica has made already is none. A block's content is the samples that
/// went to its window between two cuts; so a cut must be a function of the log and of nothing else. This class sees no clock, no timer,
/// no memory and no disk. What it decides from is
/// - the *newest time*, the largest timestamp that the head has taken from the log so far: the log's own clock,
/// - the *log bytes*, the size of all records so far, of which only differences count,
/// - and for each open window both figures as they were at its birth, that is at the end of the record that opened it, and the log
///   bytes when it last grew.
///
/// All of them are kept in the checkpoint, and the decision is made once after each record, when it is applied in full. A head that
/// begins from a checkpoint thus stands where the head that wrote it stood, and by induction over the records both cut the same windows
/// after the same records. When the block is written does not matter: a window that was cut does not change.
///
/// A window is *over* when the newest time lies behind its end by more than what is still expected out of order, and by ten minutes on
/// top, which is how far admission lets a sender's clock be ahead. The rules:
/// 1. A window that is over, but was not so at its birth, is cut at once. This is the life of a window of live samples.
/// 2. A window that was over at its birth takes late or backfilled samples. Nothing tells when they end, so it is cut when the newest
///    time has gone on by ten minutes since its birth, or the log by 64 MiB. Both mean that few blocks are made: live samples beside a
///    trickle of late ones give a further block in ten minutes, a backfill as fast as it goes one in about five million samples.
/// 3. When more than a quarter of the windows that may be open are so, those that are over are cut, the ones first that grew longest
///    ago, until an eighth is left. A backfill in the order of time closes behind itself in this way.
///
/// The price: a log that stands still cuts nothing, however long it stands, because nothing in it tells the time. Its samples are in
/// memory and in the checkpoint, and become a block when samples come again, or by hand. Windows cut by hand are out of step: their
/// blocks, and the blocks that other replicas make of the same time, are different and overlap; each replica's own are complete.
///
/// A timestamp far in the future, were one to get past admission, would be the newest time for years: every window would count as late
/// and be cut by rule 2, by log bytes. More and smaller blocks, nothing worse.
final class CutRule {
  /// How far ahead a sample's time may be; admission refuses more.
  static final long AHEAD_MILLIS_MAX = 600_000;
  /// Out-of-order samples are waited for no longer than this; later ones make a further block.
  static final long ALLOWANCE_MILLIS_MAX = 3_600_000;
  static final long LATE_MILLIS_MAX = 600_000;
  static final long LATE_LOG_BYTES_MAX = 64L << 20;

  private final long graceMillis;
  private final int crowd;
  private final int crowdLeft;

  CutRule(HeadLimits limits) {
    graceMillis = Math.min(limits.outOfOrderMillis(), ALLOWANCE_MILLIS_MAX) + AHEAD_MILLIS_MAX;
    crowd = limits.windowsMax() / 4;
    crowdLeft = limits.windowsMax() / 8;
  }

  /// The windows to cut now, in the order of `open`.
  ///
  /// @param open         by start
  /// @param newestMillis the newest time, or `Long.MIN_VALUE` for none
  List<Window> due(Window[] open, long newestMillis, long logBytes) {
    List<Window> due = List.of();
    for (Window window : open) {
      if (isDue(window, newestMillis, logBytes)) {
        due = due.isEmpty() ? new ArrayList<>() : due;
        due.add(window);
      }
    }
    return open.length - due.size() > crowd ? crowded(open, due, newestMillis) : due;
  }

  private boolean isOver(Window window, long newestMillis) {
    return newestMillis != Long.MIN_VALUE && newestMillis - graceMillis > window.endMillis;
  }

  private boolean isDue(Window window, long newestMillis, long logBytes) {
    if (!isOver(window, newestMillis)) {
      return false;
    }
    return !isOver(window, window.bornNewestMillis) || newestMillis - window.bornNewestMillis >= LATE_MILLIS_MAX
        || logBytes - window.bornLogBytes >= LATE_LOG_BYTES_MAX;
  }

  private List<Window> crowded(Window[] open, List<Window> due, long newestMillis) {
    var over = new ArrayList<Window>();
    for (Window window : open) {
      if (!due.contains(window) && isOver(window, newestMillis)) {
        over.add(window);
      }
    }
    // Stable: of those that grew in one record the oldest time goes first.
    over.sort(Comparator.comparingLong(window -> window.grownLogBytes));
    var cut = new ArrayList<>(due);
    cut.addAll(over.subList(0, Math.min(over.size(), open.length - due.size() - crowdLeft)));
    cut.sort(Comparator.comparingLong(window -> window.startMillis));
    return cut;
  }
}
