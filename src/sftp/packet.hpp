#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The codec of SFTP version 3 (draft-ietf-secsh-filexfer-02). Pure: bytes in, values out.
///
/// Everything that decodes is bounded by the packet it is given, and throws Error{protocol_error} when the
/// packet does not hold what its type promises.
namespace fairlead::sftp {

using Bytes = std::vector<std::byte>;

enum class PacketType : std::uint8_t {
    init = 1,
    version = 2,
    open = 3,
    close = 4,
    read = 5,
    write = 6,
    lstat = 7,
    fstat = 8,
    setstat = 9,
    fsetstat = 10,
    opendir = 11,
    readdir = 12,
    remove = 13,
    mkdir = 14,
    rmdir = 15,
    realpath = 16,
    stat = 17,
    rename = 18,
    readlink = 19,
    symlink = 20,
    status = 101,
    handle = 102,
    data = 103,
    name = 104,
    attrs = 105,
    extended = 200,
    extended_reply = 201,
};

/// SSH_FXF_*: how a file is opened.
enum OpenFlags : std::uint32_t {
    kOpenRead = 0x01,
    kOpenWrite = 0x02,
    kOpenAppend = 0x04,
    kOpenCreate = 0x08,
    kOpenTruncate = 0x10,
    kOpenExclusive = 0x20,
};

/// No packet may be longer than this. OpenSSH stops at 256 KiB, but some servers put a whole directory in
/// one.
constexpr std::uint32_t kLargestPacket = 4 * 1024 * 1024;
/// What every server must take (draft, section 3): 34,000 bytes with 32 KiB of data in them.
constexpr std::uint32_t kSafeDataLength = 32 * 1024;

/// SSH_FILEXFER_ATTR: each field only where the other side told it.
struct Attributes {
    std::optional<std::uint64_t> size;
    std::optional<std::uint32_t> user_id;
    std::optional<std::uint32_t> group_id;
    std::optional<std::uint32_t> permissions;  ///< type and mode, as st_mode
    std::optional<std::uint32_t> accessed;     ///< seconds since 1970; given only together with `modified`
    std::optional<std::uint32_t> modified;
};

/// One entry of SSH_FXP_NAME.
struct NameEntry {
    std::string name;
    std::string long_name;  ///< a line such as `ls -l` prints, or anything
    Attributes attributes;
};

/// SSH_FXP_STATUS.
struct Status {
    std::uint32_t code = 0;
    std::string text;  ///< the server's words, shortened where absurd
};

/// What SSH_FXP_VERSION tells.
struct Version {
    std::uint32_t number = 0;
    std::vector<std::pair<std::string, std::string>> extensions;  ///< name and data
};

/// Builds one packet at the end of `out`; the length is set by `end`, or by the destructor.
class PacketWriter {
  public:
    /// Every packet but INIT begins with a request id.
    PacketWriter(Bytes& out, PacketType type, std::optional<std::uint32_t> id);
    ~PacketWriter() { end(); }
    PacketWriter(const PacketWriter&) = delete;
    PacketWriter& operator=(const PacketWriter&) = delete;

    PacketWriter& u8(std::uint8_t value);
    PacketWriter& u32(std::uint32_t value);
    PacketWriter& u64(std::uint64_t value);
    PacketWriter& string(std::string_view text);
    PacketWriter& attributes(const Attributes& attributes);
    /// Sets the length, counting `following` bytes that will be sent after this packet's own.
    void end(std::size_t following = 0);

  private:
    Bytes& out_;
    std::size_t start_;
    bool ended_ = false;
};

/// Takes a packet apart. What it returns as views points into the packet.
class PacketReader {
  public:
    explicit PacketReader(std::span<const std::byte> packet) : left_(packet) {}

    std::uint8_t u8();
    std::uint32_t u32();
    std::uint64_t u64();
    std::string_view string();
    Attributes attributes();
    bool at_end() const noexcept { return left_.empty(); }
    std::size_t left() const noexcept { return left_.size(); }

  private:
    std::span<const std::byte> take(std::size_t count);

    std::span<const std::byte> left_;
};

/// The length field of the next packet: checked against `largest`. Text in its place (a server whose log-in
/// scripts print something) is recognised, and quoted in the message with `more` bytes that follow it.
std::uint32_t decode_length(std::span<const std::byte, 4> field, std::span<const std::byte> more = {},
                            std::uint32_t largest = kLargestPacket);

/// Whether the four bytes of a length field are rather text that somebody printed.
bool looks_like_text(std::span<const std::byte, 4> field) noexcept;

// The bodies of replies: what stands after type and, but for VERSION, request id.
Version decode_version(std::span<const std::byte> body);
Status decode_status(std::span<const std::byte> body);
std::string decode_handle(std::span<const std::byte> body);
std::vector<NameEntry> decode_names(std::span<const std::byte> body);
Attributes decode_attributes(std::span<const std::byte> body);

/// The name of a type as messages and traces show it, such as "READDIR"; "type 77" for an unknown one.
std::string to_text(PacketType type);

}  // namespace fairlead::sftp
