package io.tidemark.server;

/// What was built.
///
/// @param version the version in the jar, or `development` when run from classes
public record BuildInfo(String version) {
  public static BuildInfo current() {
    String version = BuildInfo.class.getPackage().getImplementationVersion();
    return new BuildInfo(version == null ? "development" : version);
  }
}
