#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/charset.hpp"
#include "fairlead/file_system.hpp"
#include "ftp/attributes.hpp"
#include "ftp/directories.hpp"
#include "ftp/session.hpp"

namespace fairlead::ftp {

/// Looks at what is on the server: by MLST and MLSD where there are, else by what older servers have. Also
/// answers why a command was refused, since many servers only say "550 failed".
class Inquiry {
  public:
    /// `directories` and `charset` must outlive this.
    Inquiry(std::shared_ptr<Session> session, Directories& directories, const Charset& charset)
        : session_(std::move(session)), directories_(directories), charset_(charset) {}

    /// What is at `path`; nothing when nothing is there. MLST; else SIZE and MDTM for a file, CWD for a
    /// directory.
    awaitable<std::optional<Entry>> look(std::string path);
    /// MLSD; else CWD and LIST -a, LIST, NLST. Throws not_found, invalid_argument for a file.
    awaitable<std::unique_ptr<Listing>> list(std::string path);
    /// SIZE of a file in bytes, where the server tells.
    awaitable<std::optional<std::uint64_t>> size_of(std::string path);

    /// What the refused command wanted at the path.
    enum class Want {
        file,
        directory,
        anything,
        new_file,  ///< something new, in a directory that exists
    };
    /// Throws the error that `refusal` stands for; where its words do not tell, looks at the path first.
    awaitable<void> explain(Reply refusal, std::string_view step, std::string path, Want want);

    bool uses_machine_listing() const;

  private:
    awaitable<std::optional<Entry>> look_by_mlst(std::string path, bool& understood);
    awaitable<std::optional<Entry>> look_by_size(std::string path);
    awaitable<std::optional<Entry>> look_in_parent(std::string path);
    awaitable<std::unique_ptr<Listing>> list_text(std::string path);
    awaitable<void> learn_zone(std::string path);
    std::string listing_zone() const;
    awaitable<std::unique_ptr<Listing>> start_listing(std::string verb, std::string argument,
                                                      std::string path, ListDialect dialect, Reply& refusal);

    std::shared_ptr<Session> session_;
    Directories& directories_;
    const Charset& charset_;
    bool finds_directories_ = true;  // what the latest look that could tell has found
    std::string learned_zone_;       // with the time zone "auto": the offset, once it is known
    unsigned zone_tries_ = 0;        // to learn it
    enum class Hidden { unknown, shown, refused } hidden_ = Hidden::unknown;  // what LIST does with "-a"
};

}  // namespace fairlead::ftp
