#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "remote/sftp_file_system.hpp"
#include "sftp/conversations.hpp"
#include "support/run.hpp"
#include "support/scripted_sftp.hpp"

namespace fairlead::test {

/// An SFTP server with files in memory, over any number of scripted conversations, that answers as a good one
/// does except where a script does it `instead`.
class ScriptedFiles {
  public:
    using Packet = ScriptedSftp::Packet;
    using PacketType = sftp::PacketType;

    ScriptedFiles();
    ~ScriptedFiles();
    ScriptedFiles(const ScriptedFiles&) = delete;
    ScriptedFiles& operator=(const ScriptedFiles&) = delete;

    std::map<std::string, std::string> files;
    std::set<std::string> directories{"/"};
    /// Looks at each packet first; true: it is dealt with.
    std::function<bool(ScriptedSftp&, const Packet&)> instead;
    std::vector<std::pair<std::string, std::string>> extensions;
    std::chrono::milliseconds round_trip{0};
    std::uint32_t data_length =
        0;  ///< announced as most to be read or written at once; 0: no limits@openssh.com
    std::uint64_t open_handles = 0;  ///< announced with it

    /// A session with it. Further conversations are granted `further` times.
    std::unique_ptr<FileSystem> open(Loop& loop, unsigned further = 0, Timeouts timeouts = {});
    /// All conversations there were, the first one first.
    const std::vector<std::shared_ptr<ScriptedSftp>>& conversations() const { return conversations_; }
    /// How many packets of a type came, over all of them.
    std::size_t count(PacketType type) const;
    std::size_t handles_open() const { return handles_.size(); }
    ScriptedCarrier& carrier() { return *carrier_; }

  private:
    std::shared_ptr<ScriptedSftp> conversation();
    void answer(ScriptedSftp& to, const Packet& packet);
    void answer_about(ScriptedSftp& to, const Packet& packet, const std::string& path);
    void extended(ScriptedSftp& to, const Packet& packet);
    void rename(ScriptedSftp& to, std::uint32_t id, const std::string& from, const std::string& target,
                bool replace);
    void attributes(ScriptedSftp& to, std::uint32_t id, const std::string& path);

    std::vector<std::shared_ptr<ScriptedSftp>> conversations_;
    ScriptedCarrier* carrier_ = nullptr;
    std::map<std::string, std::string> handles_;  // to paths
    std::set<std::string> listed_;                // handles whose names were told
    unsigned next_handle_ = 1;
};

/// The whole of a file, and a file written whole.
std::string read_all(Loop& loop, FileSystem& files, std::string path, ReadOptions options = {});
void write_all(Loop& loop, FileSystem& files, std::string path, const std::string& content,
               WriteOptions options = {});

}  // namespace fairlead::test
