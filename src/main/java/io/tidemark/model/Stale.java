package io.tidemark.model;

/// The staleness marker: the one NaN bit pattern that ends a series. Source: Prometheus `model/value`.
public final class Stale {
  /// The bits of the marker; every other NaN is an ordinary value.
  public static final long BITS = 0x7ff0000000000002L;
  public static final double VALUE = Double.longBitsToDouble(BITS);

  private Stale() {}

  public static boolean is(double value) {
    return Double.doubleToRawLongBits(value) == BITS;
  }
}
