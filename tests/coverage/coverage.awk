# Gathers what proves each item of the source policy and writes docs/coverage.md. coverage.sh says how it is called:
# items.txt first, then the scenarios, their CMakeLists.txt, the C tests, and the first lines of the mutations' patches.
# -v document=FILE: where the document goes. Paths are relative to the project.
function wrong(text) {
    print text
    bad++
}

# "C12 C45" or "\"C12\", \"C45\"": each number is an item's; what it proves joins it.
function claim(list, proof, test, where,    count, i, words, number) {
    gsub(/[",]/, " ", list)
    count = split(list, words, " ")
    for (i = 1; i <= count; i++) {
        number = substr(words[i], 2) + 0
        if (words[i] !~ /^C[1-9][0-9]*$/ || number > 170)
            wrong(where ": there is no item " words[i])
        else if (!((number, proof) in claimed)) {
            claimed[number, proof] = 1
            proofs[number] = proofs[number] "  - " proof "\n"
            proof_count[number]++
            proving[number, test] = 1
        }
    }
}

function base(path) {
    sub(/.*\//, "", path)
    sub(/\.[a-z]+$/, "", path)
    return path
}

FNR == 1 {
    if (tag != "") wrong(tag_place ": a tag above no test function")
    tag = ""
    file = FILENAME
    name = base(file)
    # Links are relative to docs/.
    link = "[" name "](../" file ")"
}

# ---- the items ----
file ~ /items\.txt$/ {
    if ($0 ~ /^## /) section = substr($0, 4)
    if ($0 !~ /^C/) next
    count = split($0, part, / *\| */)
    number = substr(part[1], 2) + 0
    if (part[1] !~ /^C[1-9][0-9]*$/ || number != last + 1 || number > 170)
        wrong(file ":" FNR ": C" last + 1 " is expected here, not " part[1])
    last = number
    if (count != 4 || part[2] == "" || part[3] == "") wrong(file ":" FNR ": number | behaviour | interface | mark")
    behaviour[number] = part[2]
    interface[number] = part[3]
    mark[number] = part[4]
    heading[number] = section
    section = ""
    if (part[4] ~ /^reason: ./ && number != 31 && number != 109 && number != 124)
        wrong(file ":" FNR ": C" number " takes a proof, not a reason")
    else if (part[4] != "" && part[4] !~ /^reason: ./)
        wrong(file ":" FNR ": a mark is \"reason: …\"")
    next
}

# ---- scenarios ----
file ~ /CMakeLists\.txt$/ {
    gsub(/[()]/, " ")
    for (i = 1; i <= NF; i++) registered[$i] = 1
    next
}
file ~ /\.jsonl$/ {
    if ($0 !~ /^\{"scenario": *"/) next
    title = $0
    sub(/^\{"scenario": *"/, "", title)
    match(title, /^([^"\\]|\\.)*/)
    list = substr(title, RLENGTH + 1)
    title = substr(title, 1, RLENGTH)
    gsub(/\\"/, "\"", title)
    if (!match(list, /"proves": *\[[^]]*\]/)) next
    list = substr(list, RSTART, RLENGTH)
    sub(/^"proves": *\[/, "", list)
    sub(/\]$/, "", list)
    scenario_files[name] = file
    claim(list, "scenario “" title "” (" link ")", "scenario_" name, file ":" FNR)
    next
}

# ---- C tests: a comment that begins with item numbers, directly above a function ----
file ~ /\.c$/ && /^[ \t]*\/\* *C[0-9]/ {
    tag = $0
    tag_place = file ":" FNR
    sub(/^[ \t]*\/\* */, "", tag)
    closed = tag ~ /\*\//
    if (!match(tag, /^C[0-9]+( C[0-9]+)*(:| *\*\/|$)/)) {
        wrong(tag_place ": a tag is /* C45 C55 */ or /* C45 C55: words */")
        tag = ""
        next
    }
    tag = substr(tag, 1, RLENGTH)
    gsub(/:| *\*\//, "", tag)
    next
}
file ~ /\.c$/ && tag != "" {
    if (!closed) {
        closed = /\*\//
        next
    }
    if (/^(static )?[a-z][a-z_0-9 ]*[ *][a-z_0-9]+\(/) {
        function_name = $0
        sub(/\(.*/, "", function_name)
        sub(/.*[ *]/, "", function_name)
        claim(tag, "`" function_name "` (" link ")", name, tag_place)
    } else
        wrong(tag_place ": a tag above no test function")
    tag = ""
    next
}

# ---- mutations ----
file ~ /\.patch$/ && FNR == 2 && name ~ /^c[0-9][0-9][0-9]-/ {
    number = substr(name, 2, 3) + 0
    if (number < 1 || number > 170) wrong(file ": there is no item C" number)
    sub(/^tests: */, "")
    broken[number] = broken[number] "  - broken on purpose: " link "\n"
    broken_by[number] = broken_by[number] " " $0
}

# ---- what came of it ----
END {
    if (tag != "") wrong(tag_place ": a tag above no test function")
    if (last != 170) wrong("items.txt ends with C" last ", not with C170")
    for (name in scenario_files)
        if (!(name in registered)) wrong(scenario_files[name] ": not in tests/scenarios/CMakeLists.txt, so it is not played")
    print "# Coverage\n" > document
    print "What the source policy promises, item by item, and what proves it. Written by `./dev coverage` from" > document
    print "`tests/coverage/items.txt` and the tags of the tests; edit those, not this. Conflicts here: run it again." > document
    for (number = 1; number <= 170; number++) {
        if (heading[number] != "") print "\n## " heading[number] "\n" > document
        printf "- **C%d** %s. %s\n%s%s", number, behaviour[number], interface[number], proofs[number], broken[number] > document
        if (mark[number] ~ /^reason/) print "  - " (proofs[number] == "" ? "no proof" : "the rest has none") ", but a " mark[number] > document
        if (proofs[number] == "" && mark[number] !~ /^reason/) {
            print "  - **no proof yet**" > document
            missing = missing " C" number
            missing_count++
        } else if (proofs[number] != "") {
            proven++
            have = have " C" number
        }
        if (number % 3 != 0) continue
        if (broken[number] == "") {
            print "  - **not broken on purpose yet**" > document
            unbroken = unbroken " C" number
            unbroken_count++
        } else if (proofs[number] != "") {
            seen = 0
            count = split(broken_by[number], words, " ")
            for (i = 1; i <= count; i++)
                if ((number, words[i]) in proving) seen = 1
            if (!seen) blind = blind " C" number
        }
    }
    if (bad) exit 2
    print "proven:" have
    if (missing != "") print "no proof:" missing
    if (unbroken != "") print "divisible by 3 without a patch in tests/mutations:" unbroken
    if (blind != "") print "the patch names no test that is tagged with the item:" blind
    printf "%d of 170 items proven, %d without a proof; %d mutations missing\n", proven, missing_count, unbroken_count
    if (missing != "" || unbroken != "" || blind != "") exit 1
}
