package io.tidemark.state.redis;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// The scripts that run inside Redis, each one atomic.
///
/// They run on Redis 6.2 and later, where a script may ask for the time and write afterwards (its effects are replicated, not its
/// text). Numbers travel as texts of whole numbers: Lua's own conversion keeps 14 digits, a version has 16.
enum Script {
  /// Puts an entry: `{1, version}`, `{0, version found}` for a version not expected, `{-1, 0}` for a lease that is over.
  ///
  /// KEYS entry, counter, index of keys, index of passing keys, lease.
  /// ARGV key, value, expected version or empty, life in ms or 0, floor, writer, turn, holder, token or empty, prefix of entries.
  ///
  /// A writer numbers its own writes. One that comes after a later one of the same writer (it was on its way while Redis stood still)
  /// counts as overwritten, and one that comes again (its first answer was lost) as done.
  PUT("""
      local found = redis.call('HMGET', KEYS[1], 'version', 'writer', 'turn')
      local version = found[1] or '0'
      if found[2] == ARGV[6] and tonumber(found[3]) >= tonumber(ARGV[7]) then
        if found[3] == ARGV[7] then return {1, version} end
        if ARGV[3] == '' then return {1, redis.call('GET', KEYS[2]) or ARGV[5]} end
        return {0, version}
      end
      if ARGV[9] ~= '' then
        local held = redis.call('HMGET', KEYS[5], 'holder', 'token')
        if held[1] ~= ARGV[8] or held[2] ~= ARGV[9] then return {-1, '0'} end
      end
      if ARGV[3] ~= '' and ARGV[3] ~= version then return {0, version} end
      local time = redis.call('TIME')
      local next = string.format('%.0f', math.max(time[1] * 1000000 + time[2], (redis.call('GET', KEYS[2]) or 0) + 1, ARGV[5] + 1))
      redis.call('SET', KEYS[2], next)
      redis.call('HSET', KEYS[1], 'value', ARGV[2], 'version', next, 'writer', ARGV[6], 'turn', ARGV[7])
      redis.call('ZADD', KEYS[3], 0, ARGV[1])
      if ARGV[4] == '0' then
        redis.call('PERSIST', KEYS[1])
        redis.call('ZREM', KEYS[4], ARGV[1])
        return {1, next}
      end
      local now = time[1] * 1000 + math.floor(time[2] / 1000)
      local ends = string.format('%.0f', now + ARGV[4])
      redis.call('PEXPIREAT', KEYS[1], ends)
      redis.call('ZADD', KEYS[4], ends, ARGV[1])
      for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', string.format('(%.0f', now), 'LIMIT', 0, 16)) do
        if redis.call('HEXISTS', ARGV[10] .. key, 'value') == 0 then
          redis.call('ZREM', KEYS[3], key)
          redis.call('ZREM', KEYS[4], key)
        end
      end
      return {1, next}
      """),

  /// Removes an entry; takes and gives what {@link #PUT} does. For a minute it leaves who removed it, so that an earlier write of the
  /// same writer that is still on its way does not bring the entry back.
  REMOVE("""
      local found = redis.call('HMGET', KEYS[1], 'writer', 'turn')
      if found[1] == ARGV[6] and tonumber(found[2]) >= tonumber(ARGV[7]) then return {1, '0'} end
      if ARGV[9] ~= '' then
        local held = redis.call('HMGET', KEYS[5], 'holder', 'token')
        if held[1] ~= ARGV[8] or held[2] ~= ARGV[9] then return {-1, '0'} end
      end
      redis.call('DEL', KEYS[1])
      redis.call('ZREM', KEYS[3], ARGV[1])
      redis.call('ZREM', KEYS[4], ARGV[1])
      redis.call('HSET', KEYS[1], 'writer', ARGV[6], 'turn', ARGV[7])
      redis.call('PEXPIRE', KEYS[1], 60000)
      return {1, '0'}
      """),

  /// A page of entries: `{last key looked at, 1 if there may be more, {key, value, version, …}}`. Forgets keys whose entries went.
  ///
  /// KEYS index of keys, index of passing keys. ARGV lower bound, upper bound, most entries, most bytes, prefix of entries.
  SCAN("""
      local keys = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
      local entries, bytes, last, seen = {}, 0, '', 0
      for _, key in ipairs(keys) do
        local found = redis.call('HMGET', ARGV[5] .. key, 'value', 'version')
        if found[1] then
          entries[#entries + 1] = key
          entries[#entries + 1] = found[1]
          entries[#entries + 1] = found[2]
          bytes = bytes + #found[1]
        else
          redis.call('ZREM', KEYS[1], key)
          redis.call('ZREM', KEYS[2], key)
        end
        last, seen = key, seen + 1
        if bytes >= tonumber(ARGV[4]) then break end
      end
      local more = 0
      if seen < #keys or #keys == tonumber(ARGV[3]) then more = 1 end
      return {last, more, entries}
      """),

  /// Takes or renews a lease: its token, or nothing when another has it. KEYS lease, counter. ARGV holder, life in ms, floor.
  LEASE("""
      local held = redis.call('HMGET', KEYS[1], 'holder', 'token')
      if held[1] and held[1] ~= ARGV[1] then return false end
      if held[1] then
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return held[2]
      end
      local time = redis.call('TIME')
      local next = string.format('%.0f', math.max(time[1] * 1000000 + time[2], (redis.call('GET', KEYS[2]) or 0) + 1, ARGV[3] + 1))
      redis.call('SET', KEYS[2], next)
      redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'token', next)
      redis.call('PEXPIRE', KEYS[1], ARGV[2])
      return next
      """),

  /// Ends a lease that is still held. KEYS lease. ARGV holder, token.
  RELEASE("""
      local held = redis.call('HMGET', KEYS[1], 'holder', 'token')
      if held[1] == ARGV[1] and held[2] == ARGV[2] then redis.call('DEL', KEYS[1]) end
      return 1
      """);

  final String text;
  /// By which Redis knows a script that it has seen: SHA-1 of the text, in hex.
  final String digest;

  Script(String text) {
    this.text = text;
    try {
      digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-1", e);
    }
  }
}
