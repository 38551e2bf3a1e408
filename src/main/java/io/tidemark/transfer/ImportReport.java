package io.tidemark.transfer;

import java.util.List;

/// What an import did.
///
/// @param samples  acknowledged by the server, those of earlier runs included
/// @param rejected refused by the server, of this run
/// @param older    older than the server keeps, of this run; it drops or deletes them
/// @param findings how many parts were left out or refused
/// @param examples the first of them
public record ImportReport(long samples, long rejected, long older, long findings, List<String> examples) {
  public ImportReport {
    examples = List.copyOf(examples);
  }
}
