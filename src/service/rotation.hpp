#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <string>

namespace fairlead::service {

class Workspace;

/// What was encrypted anew.
struct Rotation {
    std::size_t secrets = 0;
    std::size_t resources = 0;
    std::string key_id;   ///< of the new key: tells keys apart, says nothing about them
    std::string source;   ///< where the new key is
    std::string to_do;    ///< what is left for a person to do; may be empty
};

boost::json::object to_json(const Rotation& rotation);

/// Encrypts every stored secret under a new key, in one transaction. At each moment the key in force, which
/// the store names, is on disk: the new one is there before the transaction, and takes the old one's place
/// after it. Where the key comes from the environment or a credential, the new one must be there too
/// ($FAIRLEAD_NEW_KEY, fairlead.new-key), and stays until a person has made it the key.
/// Throws Error{not_found} when there is no key yet, Error{invalid_argument} without a new key where one must
/// be given, Error{conflict} when another process does the same, and what opening a secret throws; nothing is
/// changed then.
Rotation rotate_secrets(Workspace& workspace);

/// Opens every encrypted secret once; those that are kept elsewhere are not looked at. Gives how many there are. Throws the first failure, naming the thing.
std::size_t check_secrets(Workspace& workspace);

}  // namespace fairlead::service
