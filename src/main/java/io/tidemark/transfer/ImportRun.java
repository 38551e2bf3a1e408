package io.tidemark.transfer;

import io.tidemark.time.Clock;
import java.nio.file.Path;

/// What all imports have in common: a place to go on from, a sender, progress, and a report at the end.
///
/// @param server   takes the samples
/// @param findings what is wrong with the source
record ImportRun(Server server, Progress progress, Findings findings, Clock clock) {
  /// Sends what a source has.
  interface Source {
    /// @param reached the place behind which to go on; empty for the beginning
    /// @param age     is to see the time of every sample that is sent
    void send(String reached, Sender sender, AgeCheck age);
  }

  /// Sends everything from where an earlier run ended.
  ///
  /// @param state   the file that remembers that
  /// @param source  what is imported to where; an earlier run of another source is refused
  /// @param samples about how many there are
  /// @param oldestMillis when the first of them may be
  /// @param content hands all that comes behind the place to the sender
  ImportReport run(Path state, String source, long samples, long oldestMillis, Source content) {
    ResumeFile resume = ResumeFile.open(state, source, clock);
    AgeCheck age = AgeCheck.ask(server, clock);
    age.warn(oldestMillis, progress);
    progress.begin(samples, resume.samples());
    long rejected;
    try (var sender = new Sender(server, resume, progress, findings, clock)) {
      content.send(resume.place(), sender, age);
      sender.finish();
      rejected = sender.rejected();
    } finally {
      progress.end();
    }
    resume.delete();
    return new ImportReport(resume.samples() - rejected, rejected, age.older(), findings.count(), findings.kept());
  }
}
