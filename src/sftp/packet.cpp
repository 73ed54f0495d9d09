#include "sftp/packet.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fairlead/error.hpp"

namespace fairlead::sftp {
namespace {

enum AttributeFlags : std::uint32_t {
    kHasSize = 0x0000'0001,
    kHasOwner = 0x0000'0002,
    kHasPermissions = 0x0000'0004,
    kHasTimes = 0x0000'0008,
    kHasExtended = 0x8000'0000,
};

constexpr std::size_t kLongestStatusText = 1024;
constexpr std::size_t kSmallestNameEntry = 3 * sizeof(std::uint32_t);  // two empty strings and no attributes

[[noreturn]] void malformed(std::string_view what) {
    throw Error(ErrorCode::protocol_error, fmt::format("The server sent a malformed SFTP packet: {}.", what))
        .ends_session();
}

/// Bytes for a message: printable ASCII as it is, everything else as a dot.
std::string printable(std::span<const std::byte> bytes) {
    std::string text;
    for (const auto byte : bytes) {
        const auto c = static_cast<char>(byte);
        text += c >= ' ' && c <= '~' ? c : (c == '\n' || c == '\r' || c == '\t' ? ' ' : '.');
    }
    return text;
}

bool is_text_byte(std::byte byte) noexcept {
    const auto c = static_cast<unsigned char>(byte);
    return (c >= 0x20 && c <= 0x7e) || c == '\n' || c == '\r' || c == '\t' || c == 0x1b;
}

void append(Bytes& out, const void* data, std::size_t length) {
    const auto* from = static_cast<const std::byte*>(data);
    out.insert(out.end(), from, from + length);
}

void append_u32(Bytes& out, std::uint32_t value) {
    const std::byte bytes[] = {std::byte(value >> 24), std::byte(value >> 16), std::byte(value >> 8),
                               std::byte(value)};
    append(out, bytes, sizeof bytes);
}

std::uint32_t load_u32(std::span<const std::byte> bytes) {
    return std::to_integer<std::uint32_t>(bytes[0]) << 24 | std::to_integer<std::uint32_t>(bytes[1]) << 16 |
           std::to_integer<std::uint32_t>(bytes[2]) << 8 | std::to_integer<std::uint32_t>(bytes[3]);
}

}  // namespace

PacketWriter::PacketWriter(Bytes& out, PacketType type, std::optional<std::uint32_t> id)
    : out_(out), start_(out.size()) {
    append_u32(out_, 0);  // the length, set by end()
    u8(static_cast<std::uint8_t>(type));
    if (id) u32(*id);
}

PacketWriter& PacketWriter::u8(std::uint8_t value) {
    out_.push_back(std::byte(value));
    return *this;
}

PacketWriter& PacketWriter::u32(std::uint32_t value) {
    append_u32(out_, value);
    return *this;
}

PacketWriter& PacketWriter::u64(std::uint64_t value) {
    append_u32(out_, static_cast<std::uint32_t>(value >> 32));
    append_u32(out_, static_cast<std::uint32_t>(value));
    return *this;
}

PacketWriter& PacketWriter::string(std::string_view text) {
    append_u32(out_, static_cast<std::uint32_t>(text.size()));
    append(out_, text.data(), text.size());
    return *this;
}

PacketWriter& PacketWriter::attributes(const Attributes& given) {
    const bool owner = given.user_id && given.group_id;
    const bool times = given.accessed && given.modified;
    u32((given.size ? kHasSize : 0u) | (owner ? kHasOwner : 0u) | (given.permissions ? kHasPermissions : 0u) |
        (times ? kHasTimes : 0u));
    if (given.size) u64(*given.size);
    if (owner) u32(*given.user_id).u32(*given.group_id);
    if (given.permissions) u32(*given.permissions);
    if (times) u32(*given.accessed).u32(*given.modified);
    return *this;
}

void PacketWriter::end(std::size_t following) {
    if (ended_) return;
    ended_ = true;
    const auto length = static_cast<std::uint32_t>(out_.size() - start_ - 4 + following);
    for (std::size_t i = 0; i < 4; ++i)
        out_[start_ + i] = std::byte(length >> (24 - 8 * i));
}

std::span<const std::byte> PacketReader::take(std::size_t count) {
    if (count > left_.size()) malformed("it ends in the middle of a field");
    const auto taken = left_.first(count);
    left_ = left_.subspan(count);
    return taken;
}

std::uint8_t PacketReader::u8() {
    return std::to_integer<std::uint8_t>(take(1)[0]);
}

std::uint32_t PacketReader::u32() {
    return load_u32(take(4));
}

std::uint64_t PacketReader::u64() {
    const auto high = u32();
    return std::uint64_t{high} << 32 | u32();
}

std::string_view PacketReader::string() {
    const auto bytes = take(u32());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Attributes PacketReader::attributes() {
    Attributes found;
    const auto flags = u32();
    if (flags & kHasSize) found.size = u64();
    if (flags & kHasOwner) {
        found.user_id = u32();
        found.group_id = u32();
    }
    if (flags & kHasPermissions) found.permissions = u32();
    if (flags & kHasTimes) {
        found.accessed = u32();
        found.modified = u32();
    }
    if (flags & kHasExtended) {
        for (auto count = u32(); count > 0; --count) {
            string();
            string();
        }
    }
    return found;
}

bool looks_like_text(std::span<const std::byte, 4> field) noexcept {
    return std::all_of(field.begin(), field.end(), is_text_byte);
}

std::uint32_t decode_length(std::span<const std::byte, 4> field, std::span<const std::byte> more,
                            std::uint32_t largest) {
    const auto length = load_u32(field);
    if (length > 0 && length <= largest) return length;
    if (looks_like_text(field)) {
        const auto end = std::find_if_not(more.begin(), more.end(), is_text_byte);
        const auto rest = printable({more.begin(), end});
        throw Error(
            ErrorCode::protocol_error,
            fmt::format("The server prints text where SFTP should begin: \"{}{}\".", printable(field), rest))
            .hinting(
                "A log-in script of this user prints something (.bashrc, /etc/profile, a banner, or a "
                "message "
                "that the account is disabled). Let it print only for interactive shells.")
            .ends_session();
    }
    malformed(length == 0
                  ? std::string("its length is 0")
                  : fmt::format("it claims a length of {} bytes; at most {} are accepted", length, largest));
}

Version decode_version(std::span<const std::byte> body) {
    PacketReader reader(body);
    Version version{reader.u32(), {}};
    while (!reader.at_end()) {
        const auto name = reader.string();
        version.extensions.emplace_back(name, reader.string());
    }
    return version;
}

Status decode_status(std::span<const std::byte> body) {
    PacketReader reader(body);
    Status status{reader.u32(), {}};
    // Text and language came with version 3; some servers leave them out.
    if (reader.left() >= 4) status.text = reader.string().substr(0, kLongestStatusText);
    return status;
}

std::string decode_handle(std::span<const std::byte> body) {
    const auto handle = PacketReader(body).string();
    if (handle.size() > 256) malformed("a handle is longer than 256 bytes");  // draft, section 6.3
    return std::string(handle);
}

std::vector<NameEntry> decode_names(std::span<const std::byte> body) {
    PacketReader reader(body);
    const auto count = reader.u32();
    if (count > reader.left() / kSmallestNameEntry) malformed("it claims more names than it can hold");
    std::vector<NameEntry> names;
    names.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        auto& entry = names.emplace_back();
        entry.name = reader.string();
        entry.long_name = reader.string();
        entry.attributes = reader.attributes();
    }
    return names;
}

Attributes decode_attributes(std::span<const std::byte> body) {
    return PacketReader(body).attributes();
}

std::string to_text(PacketType type) {
    switch (type) {
        case PacketType::init:
            return "INIT";
        case PacketType::version:
            return "VERSION";
        case PacketType::open:
            return "OPEN";
        case PacketType::close:
            return "CLOSE";
        case PacketType::read:
            return "READ";
        case PacketType::write:
            return "WRITE";
        case PacketType::lstat:
            return "LSTAT";
        case PacketType::fstat:
            return "FSTAT";
        case PacketType::setstat:
            return "SETSTAT";
        case PacketType::fsetstat:
            return "FSETSTAT";
        case PacketType::opendir:
            return "OPENDIR";
        case PacketType::readdir:
            return "READDIR";
        case PacketType::remove:
            return "REMOVE";
        case PacketType::mkdir:
            return "MKDIR";
        case PacketType::rmdir:
            return "RMDIR";
        case PacketType::realpath:
            return "REALPATH";
        case PacketType::stat:
            return "STAT";
        case PacketType::rename:
            return "RENAME";
        case PacketType::readlink:
            return "READLINK";
        case PacketType::symlink:
            return "SYMLINK";
        case PacketType::status:
            return "STATUS";
        case PacketType::handle:
            return "HANDLE";
        case PacketType::data:
            return "DATA";
        case PacketType::name:
            return "NAME";
        case PacketType::attrs:
            return "ATTRS";
        case PacketType::extended:
            return "EXTENDED";
        case PacketType::extended_reply:
            return "EXTENDED_REPLY";
    }
    return fmt::format("type {}", static_cast<unsigned>(type));
}

}  // namespace fairlead::sftp
