package io.tidemark.notify;

/// How much the notifier keeps and does at once.
///
/// @param alertsMax        most alerts held; further new ones are refused and counted
/// @param groupsMax        most alert groups; alerts that would need another are refused and counted
/// @param deliveriesMax    most finished deliveries kept for the views
/// @param attemptsMax      most attempts of one integration at a time, over all groups
/// @param circuitFailures  failed attempts in a row that open an integration's circuit
/// @param circuitMillis    how long an open circuit holds back attempts after a notification's first before one is let through
public record NotifyLimits(int alertsMax, int groupsMax, int deliveriesMax, int attemptsMax, int circuitFailures, long circuitMillis) {
  public static final NotifyLimits DEFAULT = new NotifyLimits(100_000, 20_000, 1_000, 32, 10, 30_000);
}
