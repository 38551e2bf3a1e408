package io.tidemark.cli.demo;

/// What happens in the payments example at a moment of the demo's three-minute cycle.
enum PaymentPhase {
  /// Payments are taken and booked.
  CALM,
  /// The consumer does not run; payments are still taken.
  CONSUMER_STOPPED,
  /// Half of the payments come in a currency that nobody knows.
  BAD_PAYMENTS;

  static final int CYCLE_SECONDS = 180;

  /// Calm for 20 s, the consumer away for 35 s, calm, bad payments from 100 s to 130 s, calm.
  static PaymentPhase at(long secondsSinceStart) {
    long second = secondsSinceStart % CYCLE_SECONDS;
    return second >= 20 && second < 55 ? CONSUMER_STOPPED : second >= 100 && second < 130 ? BAD_PAYMENTS : CALM;
  }
}
