#pragma once

#include <memory>
#include <string_view>

#include "fairlead/entry.hpp"
#include "ftp/list_time.hpp"

namespace fairlead::ftp {

enum class LineResult {
    entry,    ///< the entry is filled in
    ignored,  ///< understood and without an entry: a heading, a total, the first half of an entry
    bad       ///< not understood
};

/// Understands the lines of one dialect, one after the other. Lines come without their line end and are never
/// empty.
class LineParser {
  public:
    virtual ~LineParser() = default;
    /// Fills in `entry`, which is fresh; its name may still be one that must be refused.
    virtual LineResult parse(std::string_view line, Entry& entry) = 0;
};

// One per dialect, each in a file of its own.
std::unique_ptr<LineParser> make_mlsd_parser();
std::unique_ptr<LineParser> make_unix_parser(const ListTime& time);
std::unique_ptr<LineParser> make_dos_parser(const ListTime& time);
std::unique_ptr<LineParser> make_vms_parser(const ListTime& time);
std::unique_ptr<LineParser> make_os400_parser(const ListTime& time);
std::unique_ptr<LineParser> make_zos_parser(const ListTime& time);
std::unique_ptr<LineParser> make_netware_parser(const ListTime& time);
std::unique_ptr<LineParser> make_eplf_parser();
std::unique_ptr<LineParser> make_macos_parser(const ListTime& time);
std::unique_ptr<LineParser> make_nonstop_parser(const ListTime& time);
std::unique_ptr<LineParser> make_nlst_parser();

}  // namespace fairlead::ftp
