#include "sftp/requests.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

namespace fairlead::sftp {

awaitable<std::optional<Attributes>> look(Session& session, std::string path, bool follow) {
    const auto type = follow ? PacketType::stat : PacketType::lstat;
    const auto reply = co_await session.request(type, fmt::format("{} {}", to_text(type), path),
                                                [&](PacketWriter& packet) { packet.string(path); });
    if (reply.type == PacketType::attrs) co_return decode_attributes(reply.body);
    if (!reply.is_status())
        throw Error(ErrorCode::protocol_error,
                    "The server answered a question for attributes with something else.")
            .on(path);
    const auto status = reply.status();
    if (code_of(status) == ErrorCode::not_found) co_return std::nullopt;
    throw status_error(status, fmt::format("Looking at '{}'", path), path);
}

awaitable<Status> status_of(Session& session, PacketType type, std::string traced, Session::Fill fill) {
    const auto reply = co_await session.request(type, std::move(traced), std::move(fill));
    if (!reply.is_status())
        throw Error(ErrorCode::protocol_error,
                    fmt::format("The server answered {} with {}.", to_text(type), to_text(reply.type)));
    co_return reply.status();
}

awaitable<bool> is_full(Session& session, std::string path) {
    if (!session.extensions().statvfs) co_return false;
    const auto reply = co_await session.request(
        PacketType::extended, fmt::format("EXTENDED statvfs@openssh.com {}", path),
        [&](PacketWriter& packet) { packet.string("statvfs@openssh.com").string(path); });
    if (reply.type != PacketType::extended_reply) co_return false;
    PacketReader reader(reply.body);  // f_bsize, f_frsize, f_blocks, f_bfree, f_bavail, ...
    reader.u64();
    const auto fragment = reader.u64();
    reader.u64();
    reader.u64();
    const auto available = reader.u64();
    co_return available* fragment < session.limits().write_length;
}

bool is_directory(const Attributes& attributes) {
    return S_ISDIR(attributes.permissions.value_or(0));
}

}  // namespace fairlead::sftp
