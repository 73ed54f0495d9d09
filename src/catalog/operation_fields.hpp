#pragma once

#include "catalog/operation.hpp"

namespace fairlead::catalog {

/// Calls `visit(description, member)` for every field, in the order of the documentation: what reading,
/// writing and describing operations share.
template <class SomeOperation, class Visitor>
void for_each_field(SomeOperation& o, Visitor&& visit) {
    visit(OperationField{"name", "text", "", "What it is called; unique in the project"}, o.name);
    visit(OperationField{"description", "text", "", "For people"}, o.description);
    visit(OperationField{"enabled", "boolean", "", "Whether it may be run"}, o.enabled);
    visit(OperationField{"tags", "texts", "", "Words to find it by"}, o.tags);
    visit(OperationField{"action", "text", "",
                         "What it does: create, get, query, list, delete, upsert or move"},
          o.action);
    visit(OperationField{"connection", "text", "", "The name of the connection it works on"}, o.connection);
    visit(OperationField{"remoteDirectory", "text", "",
                         "The directory it works in, below the connection's working directory"},
          o.remote_directory);
    visit(OperationField{"fileName", "text", "create upsert get delete move",
                         "The file, with or without directories before it; mostly given with each document"},
          o.file_name);
    visit(OperationField{"targetDirectory", "text", "move", "The directory the file is moved to"},
          o.target_directory);
    visit(OperationField{"targetName", "text", "move", "The name the file gets"}, o.target_name);
    visit(OperationField{"stagingDirectory", "text", "create upsert",
                         "An existing directory in which the file is kept until it is complete"},
          o.staging_directory);
    visit(OperationField{"temporaryExtension", "text", "create upsert",
                         "The end of the name that the file has until it is complete, with or without its dot"},
          o.temporary_extension);
    visit(OperationField{"ifExists", "text", "create upsert move",
                         "When the target is there: overwrite, fail, skip, append, rename (a1.txt, a2.txt, ...), "
                         "newer or different; create and move fail, upsert overwrites, unless it says otherwise"},
          o.if_exists);
    visit(OperationField{"transferFormat", "text", "create upsert get query",
                         "binary, or ascii: the line ends of the other side (FTP)"},
          o.text);
    visit(OperationField{"includeAllMetadata", "boolean", "create upsert get move",
                         "Tell the file's time too, which may cost another question to the server"},
          o.include_all_metadata);
    visit(OperationField{"deleteAfter", "boolean", "get query", "Delete each file once all of it was read"},
          o.delete_after);
    visit(OperationField{"moveAfter", "text", "get query",
                         "Move each file to this directory once all of it was read; relative to the file's own"},
          o.move_after);
    visit(OperationField{"failIfUnableToDelete", "boolean", "get query",
                         "A file that cannot be deleted (or moved) after reading is an error, and is not given"},
          o.fail_if_unable_to_delete);
    visit(OperationField{"maximumCount", "number", "query list", "How many to give at most; -1: all"},
          o.maximum_count);
    visit(OperationField{"followLinks", "boolean", "query list",
                         "Take symbolic links to files for those files; else links are never read"},
          o.follow_links);
    visit(OperationField{"recursive", "boolean", "query list", "Look into subdirectories too"}, o.recursive);
    visit(OperationField{"filter", "filter", "query list", "A tree of conditions; absent: everything"}, o.filter);
    visit(OperationField{"sort", "text", "query list",
                         "name, size or time, or one with -desc; empty: in the server's order"},
          o.sort);
    visit(OperationField{"createDirectories", "boolean", "create upsert move",
                         "Make the directories that are missing"},
          o.create_directories);
    visit(OperationField{"strict", "boolean", "get delete move",
                         "Whether a missing file is an error; unless it says, it is one for delete and move, "
                         "and for get a success without a document"},
          o.strict);
    visit(OperationField{"checksum", "boolean", "create upsert get query",
                         "Prove the content at both ends, by reading back where there is no other way"},
          o.checksum);
    visit(OperationField{"preserve", "boolean", "create upsert", "Give the file the time of the document"},
          o.preserve);
    visit(OperationField{"retries", "number", "",
                         "How often to go on after an interruption, 0 to 1000; 6 for get and query, for the "
                         "others as the connection says"},
          o.retries);
    visit(OperationField{"retryWait", "text", "", kRetryWaitHelp}, o.retry.wait);
    visit(OperationField{"retryLongestWait", "text", "", kRetryLongestWaitHelp}, o.retry.longest_wait);
    visit(OperationField{"retryFactor", "number", "", kRetryFactorHelp}, o.retry.factor);
    visit(OperationField{"retryJitter", "number", "", kRetryJitterHelp}, o.retry.jitter);
    visit(OperationField{"retryErrors", "texts", "", kRetryErrorsHelp}, o.retry.errors);
    visit(OperationField{"notifyWebhook", "text", "", "Where its failed runs are told of: an http or https URL"},
          o.notify_webhook);
    visit(OperationField{"notifyEmail", "texts", "", "Whom its failed runs are mailed to, by the daemon's mail server"},
          o.notify_email);
}

}  // namespace fairlead::catalog
