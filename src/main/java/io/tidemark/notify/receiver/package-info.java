/// The channels through which people and machines are told: webhook, Slack, PagerDuty, email; one class each, its settings beside it.
///
/// **Purpose** turn one notification into one request of a foreign service, and its answer into an outcome.
/// **Invariants** a secret leaves only in the request itself; a reply is read up to a bound; an unanswered request ends by a timeout.
/// **Threading** integrations may be called from any thread and complete on a Vert.x thread. **Plane** control.
/// **Formats** Alertmanager's webhook version 4, Slack attachments, PagerDuty Events v1 and v2, MIME
/// **Start at** {@link io.tidemark.notify.receiver.IntegrationConfig}
@NullMarked
package io.tidemark.notify.receiver;

import org.jspecify.annotations.NullMarked;
