#include "support/scripted_files.hpp"

#include <sys/stat.h>

namespace fairlead::test {

using namespace sftp;

ScriptedFiles::ScriptedFiles() = default;

ScriptedFiles::~ScriptedFiles() {
    for (const auto& one : conversations_)
        one->on_packet = nullptr;
}

std::shared_ptr<ScriptedSftp> ScriptedFiles::conversation() {
    auto script = std::make_shared<ScriptedSftp>();
    script->extensions = extensions;
    if (data_length != 0) script->extensions.emplace_back("limits@openssh.com", "1");
    script->round_trip = round_trip;
    script->on_packet = [this, one = script.get()](const Packet& packet) {
        if (!instead || !instead(*one, packet)) answer(*one, packet);
    };
    conversations_.push_back(script);
    return script;
}

std::unique_ptr<FileSystem> ScriptedFiles::open(Loop& loop, unsigned further, Timeouts timeouts) {
    auto carrier = std::make_unique<ScriptedCarrier>();
    carrier_ = carrier.get();
    const auto first = conversation();
    for (unsigned i = 0; i < further; ++i)
        carrier->grants.push_back(conversation());
    auto conversations =
        loop.run(Conversations::start(std::move(carrier), first->connect(), "h:22", timeouts, nullptr));
    return sftp_file_system(std::move(conversations), PeerInfo{});
}

std::size_t ScriptedFiles::count(PacketType type) const {
    std::size_t sum = 0;
    for (const auto& one : conversations_)
        sum += one->count(type);
    return sum;
}

void ScriptedFiles::attributes(ScriptedSftp& to, std::uint32_t id, const std::string& path) {
    Attributes facts;
    if (const auto file = files.find(path); file != files.end()) {
        facts.size = file->second.size();
        facts.permissions = S_IFREG | 0644;
    } else if (directories.contains(path)) {
        facts.permissions = S_IFDIR | 0755;
    } else {
        return to.status(id, kNoSuchFile, "No such file");
    }
    to.attributes(id, facts);
}

void ScriptedFiles::answer(ScriptedSftp& to, const Packet& packet) {
    PacketReader reader(packet.body);
    if (packet.type == PacketType::extended) return extended(to, packet);
    const std::string first(reader.string());  // a path, or a handle
    const auto opened = handles_.find(first);
    const bool by_handle = packet.type == PacketType::read || packet.type == PacketType::write ||
                           packet.type == PacketType::close || packet.type == PacketType::fstat ||
                           packet.type == PacketType::readdir;
    if (by_handle && opened == handles_.end()) return to.status(packet.id, kFailure, "Invalid handle");
    switch (packet.type) {
        case PacketType::read: {
            const auto offset = reader.u64();
            const auto length = reader.u32();
            const auto& content = files[opened->second];
            if (offset >= content.size()) return to.status(packet.id, kEndOfFile);
            return to.data(packet.id, content.substr(offset, length));
        }
        case PacketType::write: {
            const auto offset = reader.u64();
            const auto bytes = reader.string();
            auto& content = files[opened->second];
            content.resize(std::max<std::size_t>(content.size(), offset + bytes.size()));
            content.replace(offset, bytes.size(), bytes);
            return to.status(packet.id, kOk);
        }
        case PacketType::close:
            handles_.erase(opened);
            return to.status(packet.id, kOk);
        case PacketType::fstat:
            return attributes(to, packet.id, opened->second);
        case PacketType::readdir: {
            if (!listed_.insert(first).second) return to.status(packet.id, kEndOfFile);
            std::vector<NameEntry> names;
            for (const auto& [path, content] : files)
                names.push_back(
                    {path.substr(1), "", {.size = content.size(), .permissions = S_IFREG | 0644}});
            return to.names(packet.id, names);
        }
        case PacketType::open: {
            const auto flags = reader.u32();
            if ((flags & kOpenCreate) == 0 && !files.contains(first))
                return to.status(packet.id, kNoSuchFile, "No such file");
            if ((flags & kOpenTruncate) != 0) files[first].clear();
            files.try_emplace(first);
            [[fallthrough]];
        }
        case PacketType::opendir: {
            const auto handle = "handle " + std::to_string(next_handle_++);
            handles_.emplace(handle, first);
            return to.handle(packet.id, handle);
        }
        default:
            return answer_about(to, packet, first);
    }
}

void ScriptedFiles::answer_about(ScriptedSftp& to, const Packet& packet, const std::string& path) {
    switch (packet.type) {
        case PacketType::stat:
        case PacketType::lstat:
            return attributes(to, packet.id, path);
        case PacketType::remove:
            return to.status(packet.id, files.erase(path) != 0 ? kOk : kNoSuchFile);
        case PacketType::mkdir:
            return to.status(packet.id, directories.insert(path).second ? kOk : kFailure, "Failure");
        case PacketType::rename: {
            PacketReader reader(packet.body);
            reader.string();
            return rename(to, packet.id, path, std::string(reader.string()), false);
        }
        case PacketType::realpath:
            return to.names(packet.id, {{"/", "", {}}});
        default:
            return to.status(packet.id, kOk);
    }
}

void ScriptedFiles::extended(ScriptedSftp& to, const Packet& packet) {
    PacketReader reader(packet.body);
    const auto name = reader.string();
    if (name == "posix-rename@openssh.com") {
        const std::string from(reader.string());
        return rename(to, packet.id, from, std::string(reader.string()), true);
    }
    if (name != "limits@openssh.com" || data_length == 0) return to.status(packet.id, kUnsupported);
    Bytes reply;
    PacketWriter(reply, PacketType::extended_reply, packet.id)
        .u64(data_length + 1024)
        .u64(data_length)
        .u64(data_length)
        .u64(open_handles);
    to.raw({reinterpret_cast<const char*>(reply.data()), reply.size()});
}

void ScriptedFiles::rename(ScriptedSftp& to, std::uint32_t id, const std::string& from,
                           const std::string& target, bool replace) {
    if (!files.contains(from)) return to.status(id, kNoSuchFile, "No such file");
    if (files.contains(target) && !replace) return to.status(id, kFailure, "Failure");
    files[target] = std::move(files[from]);
    files.erase(from);
    to.status(id, kOk);
}

std::string read_all(Loop& loop, FileSystem& files, std::string path, ReadOptions options) {
    return loop.run([](FileSystem& from, std::string name, ReadOptions how) -> awaitable<std::string> {
        const auto stream = co_await from.open_read(name, how);
        std::string content;
        while (true) {
            const auto bytes = co_await stream->read();
            if (bytes.empty()) break;
            content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        }
        co_return content;
    }(files, std::move(path), options));
}

void write_all(Loop& loop, FileSystem& files, std::string path, const std::string& content,
               WriteOptions options) {
    loop.run([](FileSystem& to, std::string name, std::span<const std::byte> bytes,
                WriteOptions how) -> awaitable<void> {
        const auto stream = co_await to.open_write(name, how);
        constexpr std::size_t kPiece = 200'000;
        for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), kPiece)))
            co_await stream->write(bytes.first(std::min(bytes.size(), kPiece)));
        co_await stream->finish();
    }(files, std::move(path), std::as_bytes(std::span(content)), options));
}

}  // namespace fairlead::test
