#include "store/sqlite/node_store.hpp"

#include "store/resource_text.hpp"

namespace fairlead::store::sqlite {

void SqliteNodeStore::put(const Node& node) {
    database_
        .prepare(
            "INSERT INTO node (process, name, version, since, seen) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (process) DO UPDATE SET seen = excluded.seen")
        .bind(node.process)
        .bind(node.name)
        .bind(node.version)
        .bind(to_number(node.since))
        .bind(to_number(node.seen))
        .run();
}

std::vector<Node> SqliteNodeStore::list() {
    auto rows = database_.prepare("SELECT process, name, version, since, seen FROM node ORDER BY name, since, process");
    std::vector<Node> nodes;
    while (rows.step())
        nodes.push_back({std::string(rows.text(1)), std::string(rows.text(0)), std::string(rows.text(2)),
                         to_time(rows.number(3)), to_time(rows.number(4))});
    return nodes;
}

void SqliteNodeStore::remove(std::string_view process) {
    database_.prepare("DELETE FROM node WHERE process = ?").bind(process).run();
}

}  // namespace fairlead::store::sqlite
