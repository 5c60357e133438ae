#include "consentctl/tool.h"

int main(int argc, char **argv)
{
    return cs_tool_main(argc, argv, stdout, stderr);
}
