/// Who is told about which alert, when, and how often: Alertmanager's routing, grouping and notification log.
///
/// **Purpose** turn a stream of alerts into few, timely notifications; none lost, none sent twice without need.
/// **Invariants** a notification counts as sent only when its receiver said so; what was sent is in the notification log before the
/// group's next flush, and what is about to be sent before it goes out; a group is told by the one node that has leased its slot; a
/// failing template never stops a page; every table, wait and retry has a bound.
/// **Threading** one `Notifier` is owned by one loop; its views answer with futures, on any thread. **Plane** control.
/// **Formats** docs/alerting.md (routing file, notification log entry)  **Start at** {@link io.tidemark.notify.Notifier}
@NullMarked
package io.tidemark.notify;

import org.jspecify.annotations.NullMarked;
