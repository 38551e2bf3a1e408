package io.tidemark.transfer;

import io.tidemark.time.Clock;
import java.nio.file.Path;
import java.util.function.BiConsumer;

/// What all imports have in common: a place to go on from, a sender, progress, and a report at the end.
///
/// @param server   takes the samples
/// @param findings what is wrong with the source
record ImportRun(Server server, Progress progress, Findings findings, Clock clock) {
  /// Sends everything from where an earlier run ended.
  ///
  /// @param state   the file that remembers that
  /// @param source  what is imported to where; an earlier run of another source is refused
  /// @param samples about how many there are
  /// @param send    hands all that comes behind the place to the sender
  ImportReport run(Path state, String source, long samples, BiConsumer<String, Sender> send) {
    ResumeFile resume = ResumeFile.open(state, source, clock);
    progress.begin(samples, resume.samples());
    long rejected;
    try (var sender = new Sender(server, resume, progress, findings, clock)) {
      send.accept(resume.place(), sender);
      sender.finish();
      rejected = sender.rejected();
    } finally {
      progress.end();
    }
    resume.delete();
    return new ImportReport(resume.samples() - rejected, rejected, findings.count(), findings.kept());
  }
}
