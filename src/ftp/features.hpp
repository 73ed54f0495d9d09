#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/file_system.hpp"
#include "ftp/reply.hpp"

namespace fairlead::ftp {

/// A command by which a server computes a checksum of a whole file.
struct ChecksumCommand {
    ChecksumAlgorithm algorithm;
    std::string verb;  ///< "HASH", "XSHA256", "XSHA1", "XMD5", "MD5", "XCRC", ...
    std::string
        name;  ///< with HASH: the algorithm as the server writes it ("SHA-256"), for OPTS HASH; else empty
};

/// What a server can do: what FEAT says (RFC 2389), and what was learned since. FEAT may lie in both
/// directions, so a command that was refused as unknown is not tried again, and one that is not listed may
/// still be tried where trying is harmless.
class Features {
  public:
    enum class Support {
        announced,  ///< FEAT lists it
        unknown,    ///< FEAT does not list it, or there is no FEAT
        refused     ///< it was tried and refused with 500, 501, 502 or 504
    };

    /// From the reply to FEAT. Every other reply than 211 gives an empty value with has_feat false.
    static Features from(const Reply& feat);
    Features() = default;

    /// Support of a command or a feature word, in any case: "MLST", "UTF8", "EPSV", "SITE UTIME".
    Support support(std::string_view command) const;
    bool announced(std::string_view command) const { return support(command) == Support::announced; }
    bool may_try(std::string_view command) const { return support(command) != Support::refused; }
    /// Remembers that the server does not know the command after all.
    void refuse(std::string_view command);
    /// Remembers that a command works though FEAT does not list it.
    void learn(std::string_view command);

    /// The words behind a feature: "STREAM" for "REST STREAM"; empty when there are none.
    std::string_view parameters(std::string_view feature) const;

    bool has_feat = false;                     ///< the server answered FEAT
    bool rest_stream = false;                  ///< RFC 3659, 5: REST works in stream mode
    std::vector<std::string> mlst_facts;       ///< all facts the server knows, lower case
    std::vector<std::string> mlst_enabled;     ///< those it sends now (marked with "*")
    std::vector<std::string> hash_algorithms;  ///< of HASH, as the server writes them
    std::string hash_selected;                 ///< the one marked with "*"; empty when none

    /// The fact list for OPTS MLST that turns on all facts we use; empty when they are on already or MLST is
    /// missing.
    std::string wanted_mlst_facts() const;
    /// The commands for checksums that are announced and not refused, best algorithm first.
    std::vector<ChecksumCommand> checksum_commands() const;

  private:
    struct Feature {
        std::string name;
        std::string parameters;
    };
    const Feature* find(std::string_view upper_case_name) const;

    std::vector<Feature> features_;
    std::set<std::string, std::less<>> refused_;
};

}  // namespace fairlead::ftp
