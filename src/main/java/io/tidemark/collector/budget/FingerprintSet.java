package io.tidemark.collector.budget;

/// Hashes that were seen in this period or the one before, as fingerprints of 31 bits within 64 stripes.
///
/// Two hashes are taken for one with a chance of (entries / 64) / 2³¹, at ten million entries below one in ten thousand. A fingerprint also
/// tells its place, so that a stripe grows and forgets without the hashes. Four bytes a slot, of which at most three quarters are taken.
///
/// Safe on any thread; a monitor a stripe.
public final class FingerprintSet {
  /// What {@link #see} found.
  public enum Sight { ABSENT, EARLIER, PRESENT }

  private static final int STRIPE_BITS = 6;
  private static final int SLOTS_MIN = 64;

  private final Stripe[] stripes = new Stripe[1 << STRIPE_BITS];

  public FingerprintSet() {
    for (int i = 0; i < stripes.length; i++) {
      stripes[i] = new Stripe();
    }
  }

  /// Looks for a hash; one of the period before belongs to `period` from now on.
  public Sight see(long hash, int period) {
    return stripe(hash).see(fingerprint(hash), period);
  }

  /// Adds a hash; false when it was there, of whichever period.
  public boolean add(long hash, int period) {
    return stripe(hash).add(fingerprint(hash), period);
  }

  /// Entries of both periods.
  public long count(int period) {
    long count = 0;
    for (Stripe stripe : stripes) {
      count += stripe.count(period);
    }
    return count;
  }

  public long bytes() {
    long bytes = 0;
    for (Stripe stripe : stripes) {
      bytes += stripe.bytes();
    }
    return bytes;
  }

  private Stripe stripe(long hash) {
    return stripes[(int) hash & stripes.length - 1];
  }

  /// Of the upper bits, never 0.
  private static int fingerprint(long hash) {
    return Math.max(1, (int) (hash >>> 33));
  }

  private static final class Stripe {
    /// Fingerprint · 2 + 1 when it was seen in the present period; 0 is free.
    private int[] slots = new int[SLOTS_MIN];
    private int count;
    private int period;

    private synchronized Sight see(int fingerprint, int now) {
      turn(now);
      int slot = find(fingerprint);
      if (slots[slot] == 0) {
        return Sight.ABSENT;
      }
      if ((slots[slot] & 1) == 1) {
        return Sight.PRESENT;
      }
      slots[slot] |= 1;
      return Sight.EARLIER;
    }

    private synchronized boolean add(int fingerprint, int now) {
      turn(now);
      int slot = find(fingerprint);
      if (slots[slot] != 0) {
        slots[slot] |= 1;
        return false;
      }
      if ((count + 1) * 4L > slots.length * 3L) {
        rebuild(slots.length + (slots.length >> 1), 0, 0);
        slot = find(fingerprint);
      }
      slots[slot] = fingerprint << 1 | 1;
      count++;
      return true;
    }

    private synchronized int count(int now) {
      turn(now);
      return count;
    }

    private synchronized long bytes() {
      return slots.length * 4L;
    }

    /// The slot of a fingerprint, or the free one where it belongs.
    private int find(int fingerprint) {
      int slot = home(fingerprint);
      while (slots[slot] != 0 && slots[slot] >>> 1 != fingerprint) {
        slot = slot + 1 == slots.length ? 0 : slot + 1;
      }
      return slot;
    }

    private int home(int fingerprint) {
      return (int) ((long) fingerprint * slots.length >>> 31);
    }

    /// At the begin of a period forgets what the one before had not. A clock that was set back changes nothing.
    private void turn(int now) {
      if (now <= period) {
        return;
      }
      int kept = 0;
      if (now == period + 1) {
        for (int entry : slots) {
          kept += entry & 1;
        }
        rebuild(Math.max(SLOTS_MIN, kept + (kept >> 1)), 1, 1);
      } else {
        slots = new int[SLOTS_MIN];
      }
      count = kept;
      period = now;
    }

    /// Moves the entries that have the bits `kept` to new slots, without the bits `cleared`.
    private void rebuild(int length, int kept, int cleared) {
      int[] before = slots;
      slots = new int[length];
      for (int entry : before) {
        if (entry != 0 && (entry & kept) == kept) {
          slots[find(entry >>> 1)] = entry & ~cleared;
        }
      }
    }
  }
}
