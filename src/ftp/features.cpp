#include "ftp/features.hpp"

#include <algorithm>
#include <array>

#include "ftp/text_match.hpp"

namespace fairlead::ftp {
namespace {

using text::equal_ignoring_case;
using text::take_word;

constexpr std::string_view kLists = " \t;,";

/// The name under which a feature is kept: upper case, without the varieties of UTF-8.
std::string canonical(std::string_view feature) {
    auto name = text::uppered(text::trimmed(feature));
    if (name == "UTF-8" || name == "OPTS UTF8") return "UTF8";
    return name;
}

std::optional<ChecksumAlgorithm> algorithm_named(std::string_view name) {
    const auto is = [&](std::string_view other) { return equal_ignoring_case(name, other); };
    if (is("SHA-256") || is("SHA256")) return ChecksumAlgorithm::sha256;
    if (is("SHA-512") || is("SHA512")) return ChecksumAlgorithm::sha512;
    if (is("SHA-1") || is("SHA1") || is("SHA")) return ChecksumAlgorithm::sha1;
    if (is("MD5")) return ChecksumAlgorithm::md5;
    if (is("CRC32") || is("CRC-32")) return ChecksumAlgorithm::crc32;
    return std::nullopt;
}

struct OwnCommand {
    std::string_view verb;
    ChecksumAlgorithm algorithm;
};
constexpr std::array<OwnCommand, 8> kChecksumVerbs{{
    {"XSHA256", ChecksumAlgorithm::sha256},
    {"XSHA512", ChecksumAlgorithm::sha512},
    {"XSHA1", ChecksumAlgorithm::sha1},
    {"XSHA", ChecksumAlgorithm::sha1},
    {"XMD5", ChecksumAlgorithm::md5},
    {"MD5", ChecksumAlgorithm::md5},
    {"XCRC", ChecksumAlgorithm::crc32},
    {"XCRC32", ChecksumAlgorithm::crc32},
}};
// SHA-256 before SHA-512: it is what other tools print, and no weaker for our purpose.
constexpr std::array kBestFirst{ChecksumAlgorithm::sha256, ChecksumAlgorithm::sha512, ChecksumAlgorithm::sha1,
                                ChecksumAlgorithm::md5, ChecksumAlgorithm::crc32};

/// Items such as "Type*;Size;" into their names (as written) and those marked with a star.
void read_starred(std::string_view list, std::vector<std::string>& all, std::vector<std::string>& starred) {
    while (!list.empty()) {
        auto item = take_word(list, kLists);
        const bool star = !item.empty() && item.back() == '*';
        if (star) item.remove_suffix(1);
        if (item.empty()) continue;
        all.emplace_back(item);
        if (star) starred.emplace_back(item);
    }
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

Features Features::from(const Reply& feat) {
    Features features;
    if (feat.code != 211) return features;
    features.has_feat = true;
    // The first and the last line are words for people; a feature stands alone on each line between.
    for (std::size_t i = 1; i + 1 < feat.lines.size(); ++i) {
        auto rest = text::trimmed(feat.line_text(i));
        const auto name = canonical(take_word(rest, " \t;"));
        rest = text::trimmed(rest);
        if (name.empty()) continue;
        const auto known = std::find_if(features.features_.begin(), features.features_.end(),
                                        [&](const Feature& feature) { return feature.name == name; });
        if (known == features.features_.end())
            features.features_.push_back({name, std::string(rest)});
        else if (!rest.empty())
            known->parameters.append(" ").append(rest);
    }
    read_starred(text::lowered(features.parameters("MLST")), features.mlst_facts, features.mlst_enabled);
    std::vector<std::string> selected;
    read_starred(features.parameters("HASH"), features.hash_algorithms, selected);
    if (!selected.empty()) features.hash_selected = selected.front();
    features.rest_stream = text::uppered(features.parameters("REST")).find("STREAM") != std::string::npos;
    return features;
}

const Features::Feature* Features::find(std::string_view upper_case_name) const {
    for (const auto& feature : features_)
        if (feature.name == upper_case_name) return &feature;
    return nullptr;
}

Features::Support Features::support(std::string_view command) const {
    const auto name = canonical(command);
    if (refused_.contains(name)) return Support::refused;
    if (find(name) != nullptr) return Support::announced;
    // MLST stands for MLSD too (RFC 3659, 7.8); some servers write it the other way round.
    if (name == "MLSD" && find("MLST") != nullptr) return Support::announced;
    if (name == "MLST" && find("MLSD") != nullptr) return Support::announced;
    // "SITE UTIME" and "AUTH TLS" are a feature and one of its parameters.
    if (const auto space = name.find(' '); space != std::string::npos) {
        if (const auto* feature = find(name.substr(0, space))) {
            std::string_view rest = feature->parameters;
            while (!rest.empty())
                if (equal_ignoring_case(take_word(rest, kLists), std::string_view(name).substr(space + 1)))
                    return Support::announced;
        }
    }
    return Support::unknown;
}

void Features::refuse(std::string_view command) {
    refused_.insert(canonical(command));
}

void Features::learn(std::string_view command) {
    const auto name = canonical(command);
    refused_.erase(name);
    if (support(name) != Support::announced) features_.push_back({name, {}});
}

std::string_view Features::parameters(std::string_view feature) const {
    const auto* found = find(canonical(feature));
    return found != nullptr ? std::string_view(found->parameters) : std::string_view();
}

std::string Features::wanted_mlst_facts() const {
    constexpr std::array<std::string_view, 9> kUsed{"type",       "size",           "modify",
                                                    "perm",       "unix.mode",      "unix.owner",
                                                    "unix.group", "unix.ownername", "unix.groupname"};
    std::string wanted;
    bool missing = false;
    for (const auto fact : kUsed) {
        if (!contains(mlst_facts, fact)) continue;
        wanted.append(fact).append(";");
        missing = missing || !contains(mlst_enabled, fact);
    }
    return missing ? wanted : std::string();
}

std::vector<ChecksumCommand> Features::checksum_commands() const {
    std::vector<ChecksumCommand> commands;
    for (const auto algorithm : kBestFirst) {
        if (announced("HASH"))
            for (const auto& name : hash_algorithms)
                if (algorithm_named(name) == algorithm) commands.push_back({algorithm, "HASH", name});
        for (const auto& own : kChecksumVerbs)
            if (own.algorithm == algorithm && announced(own.verb))
                commands.push_back({algorithm, std::string(own.verb), {}});
    }
    return commands;
}

}  // namespace fairlead::ftp
