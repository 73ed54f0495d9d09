#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/entry.hpp"
#include "fairlead/error.hpp"

/// What a flow knows of the files it has seen: the ledger.
namespace fairlead::catalog {

/// How far one target has a version.
enum class DeliveryState {
    pending,    ///< nothing was done yet, or what was begun failed
    moving,     ///< begun: after a crash only looking tells whether it is there
    delivered,  ///< published and verified
    skipped,    ///< the target's policy left what was there
};
std::string_view to_string(DeliveryState state) noexcept;

/// What was about to get its name at a target, written down before it was asked for: after a crash the temporary name tells
/// whether it has it. Still there: never published. Gone: published, even where somebody has taken the file since.
struct PublishAttempt {
    std::string place;  ///< where that was: a connection may lead elsewhere by now, and each machine has folders of its own
    std::string temporary, path;
    std::uint64_t bytes = 0;
    std::string proof, checksum;
    std::vector<std::pair<std::string, std::string>> beside;  ///< names and content of the small files that go with it
};

/// One version at one target.
struct Delivery {
    std::string target;  ///< the target's name in the flow
    DeliveryState state = DeliveryState::pending;
    std::string path;  ///< at the target; decided when it was first begun
    std::uint64_t bytes = 0;
    std::string proof, checksum;
    std::optional<Error> error;  ///< why it is not there
    std::string run;             ///< the last that worked on it
    std::optional<Time> at;      ///< when it became so
    std::optional<PublishAttempt> attempt;  ///< of which nobody knows whether it was done
};

enum class VersionState {
    waiting,      ///< not complete yet, as far as can be told: `reason` says why
    open,         ///< some target does not have it
    delivered,    ///< every target has it; the source is still to be dealt with: "delivered, clean-up pending"
    done,         ///< nothing is left to do
    quarantined,  ///< it could not be delivered, and was moved aside
    given_up,     ///< it failed too often, and stays where it is until it is reset
};
std::string_view to_string(VersionState state) noexcept;
/// The reason of a version that is done with and was left at the source.
inline constexpr std::string_view kKept = "kept";
/// Throws Error{invalid_argument} naming the choices.
VersionState parse_version_state(std::string_view word);

/// One version of one source file.
struct FileVersion {
    std::int64_t number = 0;  ///< of the store; 0: not recorded
    std::string flow;         ///< the flow's id
    std::string path;         ///< on the source
    std::optional<std::uint64_t> size;
    std::optional<Time> modified;
    TimePrecision precision = TimePrecision::second;
    std::string hash;  ///< SHA-256 of the content, where the flow asks for it
    Time seen_at{};    ///< first
    Time changed_at{};
    VersionState state = VersionState::open;
    std::string reason;        ///< of a file that waits, or was given up
    std::int64_t counter = 0;  ///< of the flow: one more for each version; given when it is recorded
    std::string settled_to;    ///< where the source was moved, or is about to be
    std::int64_t failures = 0;  ///< runs in which it failed
    std::optional<Error> error;
    std::string run;
    std::vector<Delivery> deliveries;

    Delivery* find(std::string_view target);
};

/// Whether a file, as it is listed now, is this version: same size, and same time as far as the coarser of the
/// two precisions tells (a listing shows less of a time as a file grows old). What is not told is not compared.
bool is_version(const FileVersion& version, const Entry& entry);

/// "millisecond", "second", "minute" or "day", as to_string gives it; a second for anything else.
TimePrecision precision_of(std::string_view word) noexcept;

boost::json::object to_json(const FileVersion& version);
/// For the store. Paths may be any bytes.
boost::json::array deliveries_to_json(const std::vector<Delivery>& deliveries);
std::vector<Delivery> deliveries_from_json(const boost::json::array& documents);

}  // namespace fairlead::catalog
