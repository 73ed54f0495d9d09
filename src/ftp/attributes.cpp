#include "ftp/attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ftp/reply_error.hpp"
#include "ftp/time_value.hpp"

namespace fairlead::ftp {
namespace {

/// Names under which refusals are remembered beside the plain commands.
constexpr std::string_view kMdtmSets = "MDTM with a time";
constexpr std::string_view kUtime = "SITE UTIME";
constexpr std::string_view kUtimeLong = "SITE UTIME with three times";
constexpr std::string_view kChmod = "SITE CHMOD";

std::size_t digits_of(ChecksumAlgorithm algorithm) {
    switch (algorithm) {
        case ChecksumAlgorithm::crc32:
            return 8;
        case ChecksumAlgorithm::md5:
            return 32;
        case ChecksumAlgorithm::sha1:
            return 40;
        case ChecksumAlgorithm::sha256:
            return 64;
        case ChecksumAlgorithm::sha512:
            return 128;
    }
    return 0;
}

/// The checksum in a reply, among names, ranges and algorithms: the first word that is one.
std::optional<std::string> find_checksum(std::string_view text, ChecksumAlgorithm algorithm) {
    const auto digits = digits_of(algorithm);
    for (std::size_t from = 0; from < text.size();) {
        const auto end = std::min(text.find(' ', from), text.size());
        auto word = text.substr(from, end - from);
        if (word.starts_with("0x") || word.starts_with("0X")) word.remove_prefix(2);
        const bool short_crc = algorithm == ChecksumAlgorithm::crc32 && !word.empty() && word.size() < digits;
        if ((word.size() == digits || short_crc) &&
            word.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos) {
            std::string found(digits - word.size(), '0');
            for (const char c : word)
                found += c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
            return found;
        }
        from = end + 1;
    }
    return std::nullopt;
}

}  // namespace

bool Attributes::may_set_modified() const {
    const auto& features = session_.features();
    return features.may_try("MFMT") || features.may_try(kMdtmSets) || features.may_try(kUtime) ||
           features.may_try(kUtimeLong);
}

bool Attributes::may_set_mode() const {
    return session_.features().may_try(kChmod);
}

std::vector<ChecksumAlgorithm> Attributes::algorithms() const {
    std::vector<ChecksumAlgorithm> found;
    for (const auto& command : session_.features().checksum_commands())
        if (std::find(found.begin(), found.end(), command.algorithm) == found.end())
            found.push_back(command.algorithm);
    return found;
}

awaitable<std::optional<Reply>> Attributes::set_modified(std::string argument, Time time) {
    struct Way {
        std::string_view remembered_as;
        std::string_view verb;
        std::string argument;
        bool proves_path;  // a 550 is about the path; the looser forms may also mean "I took all of it for a
                           // name"
    };
    const auto stamp = format_time_value(time);
    auto& features = session_.features();
    std::vector<Way> ways;
    ways.push_back({"MFMT", "MFMT", fmt::format("{} {}", stamp, argument), true});
    ways.push_back({kMdtmSets, "MDTM", fmt::format("{} {}", stamp, argument), false});
    ways.push_back({kUtime, "SITE", fmt::format("UTIME {} {}", stamp, argument), false});
    ways.push_back({kUtimeLong, "SITE", fmt::format("UTIME {0} {1} {1} {1} UTC", argument, stamp), false});
    // What the server lists comes first: others are only guesses.
    std::stable_sort(ways.begin(), ways.end(), [&](const Way& a, const Way& b) {
        return features.announced(a.remembered_as) && !features.announced(b.remembered_as);
    });
    std::optional<Reply> last;
    std::vector<std::string_view> doubtful;
    for (const auto& way : ways) {
        if (!features.may_try(way.remembered_as)) continue;
        auto reply = co_await session_.command(way.verb, way.argument, "set time");
        if (reply.is_success()) {
            // Now it is known that the others' refusals were about the command, not about the path.
            for (const auto other : doubtful)
                features.refuse(other);
            co_return std::nullopt;
        }
        if (!session_.usable()) throw error_for(reply, "set time");
        const bool unknown = is_unknown_command(reply);
        if (unknown)
            features.refuse(way.remembered_as);
        else if (way.proves_path)
            co_return reply;
        else
            doubtful.push_back(way.remembered_as);
        if (!last || !unknown) last = std::move(reply);
    }
    if (!last || doubtful.empty())
        throw Error(ErrorCode::unsupported, "The server cannot set the time of a file.").at("set time");
    co_return last;
}

awaitable<std::optional<Reply>> Attributes::set_mode(std::string argument, std::uint32_t mode) {
    auto& features = session_.features();
    if (!features.may_try(kChmod))
        throw Error(ErrorCode::unsupported, "The server cannot set the mode of a file (SITE CHMOD).")
            .at("set mode");
    auto reply =
        co_await session_.command("SITE", fmt::format("CHMOD {:o} {}", mode & 07777, argument), "set mode");
    if (reply.is_success()) co_return std::nullopt;
    if (!session_.usable()) throw error_for(reply, "set mode");
    if (is_unknown_command(reply)) {
        features.refuse(kChmod);
        throw Error(ErrorCode::unsupported, "The server cannot set the mode of a file (SITE CHMOD).")
            .at("set mode")
            .replied(reply.raw());
    }
    co_return reply;
}

awaitable<std::string> Attributes::checksum(std::string argument, ChecksumAlgorithm algorithm,
                                            Reply& refusal) {
    auto& features = session_.features();
    for (const auto& way : features.checksum_commands()) {
        if (way.algorithm != algorithm) continue;
        co_await session_.set_type(false);
        if (!way.name.empty() && features.hash_selected != way.name) {
            const auto chosen =
                co_await session_.command("OPTS", fmt::format("HASH {}", way.name), "checksum");
            if (!chosen.is_success()) continue;
            features.hash_selected = way.name;
        }
        auto reply = co_await session_.command(way.verb, argument, "checksum");
        if (!session_.usable()) throw error_for(reply, "checksum");
        if (reply.is_success()) {
            if (auto found = find_checksum(reply.text(), algorithm)) co_return std::move(*found);
            throw Error(ErrorCode::protocol_error, "The server's answer holds no checksum.")
                .at("checksum")
                .replied(reply.raw());
        }
        if (!is_unknown_command(reply)) {
            refusal = std::move(reply);
            co_return std::string();
        }
        features.refuse(way.verb);
    }
    throw Error(ErrorCode::unsupported,
                fmt::format("The server does not compute {} checksums.", to_string(algorithm)))
        .at("checksum");
}

}  // namespace fairlead::ftp
